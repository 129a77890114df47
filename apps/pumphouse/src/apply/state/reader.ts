import type { Client } from '@pumphouse/client';
import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';
import type { Ids } from '../kinds/ids.ts';

/** The client and the ids that all readers share. */
export interface Reader {
  client: Pick<Client, 'call'>;
  ids: Ids;
}

/**
 * Finds the only object with a name: names are the identities of the file.
 * @throws CommandError name_ambiguous
 */
export function findOnly<Named extends { id: string; name: string }>(
  candidates: readonly Named[],
  name: string,
  noun: 'organization' | 'workspace',
): Named | undefined {
  const found = candidates.filter((each) => each.name === name);
  if (found.length < 2) return found[0];
  throw new CommandError(`There are ${found.length} ${noun}s with the name ${name}.`, {
    code: `${noun}_name_ambiguous`,
    exitCode: exitCodes.usage,
    nextStep: 'The file finds them by name. Rename all but one of them.',
    lines: found.map(({ id }) => id),
  });
}
