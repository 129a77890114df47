import { CommandError } from '../errors/command-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { findSimilar } from '../terminal/find-similar.ts';
import { describeScope, readVariables, type StoredVariable } from './stored-variables.ts';

/**
 * Deletes variables of one scope: all, or none if one does not exist.
 * @throws CommandError variable_not_found
 */
export async function deleteVariables(
  session: Session,
  names: readonly string[],
  { profile }: { profile?: string },
): Promise<ExitCode> {
  checkNames(await readVariables(session), names, profile);
  const params = { workspace_id: await session.workspaceId() };
  const { results } = await session.client.call('update_workspace_variables', {
    params,
    body: { profile: profile ?? null, deletes: [...new Set(names)] },
  });
  report(session, results, `Deleted ${names.join(', ')} for ${describeScope(profile)}.`);
  return exitCodes.done;
}

/** The pure part: explains which name does not exist, and where a variable of that name does. */
export function checkNames(
  variables: readonly Pick<StoredVariable, 'name' | 'profile'>[],
  names: readonly string[],
  profile: string | undefined,
): void {
  const inScope = variables.filter((variable) => variable.profile === (profile ?? null));
  const missing = names.find((name) => !inScope.some((variable) => variable.name === name));
  if (missing === undefined) return;
  throw new CommandError(`There is no variable ${missing} for ${describeScope(profile)}.`, {
    code: 'variable_not_found',
    exitCode: exitCodes.notFound,
    nextStep: suggest(variables, inScope, missing),
  });
}

function suggest(
  variables: readonly Pick<StoredVariable, 'name' | 'profile'>[],
  inScope: readonly { name: string }[],
  missing: string,
): string {
  const elsewhere = variables.find(({ name }) => name === missing);
  if (elsewhere) {
    return elsewhere.profile === null
      ? 'It is one of all runs: leave out --profile.'
      : `It is one of profile ${elsewhere.profile}: add --profile ${elsewhere.profile}.`;
  }
  const similar = findSimilar(
    missing,
    inScope.map(({ name }) => name),
  );
  return similar === undefined
    ? 'pumphouse variable list shows the variables.'
    : `Did you mean ${similar}? Nothing was deleted.`;
}
