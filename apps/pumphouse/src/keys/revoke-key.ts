import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { listAllKeys, type ListedKey } from './all-keys.ts';

/** Revokes a key after a question. */
export async function revokeKey(
  session: Session,
  name: string,
  { yes = false }: { yes?: boolean },
): Promise<void> {
  const { client, terminal } = session;
  const key = chooseKey(await listAllKeys(session), name);
  const title = `${key.prefix}… (${key.name ?? 'without a name'})`;
  await confirm(
    terminal,
    `Revoke ${title}? What uses it stops working, and so do keys that were created with it.`,
    { isConfirmed: yes },
  );
  if (key.kind === 'personal') await client.call('revoke_personal_key', { params: { key_id: key.id } });
  else {
    const params = { workspace_id: key.workspace_id, key_id: key.id };
    await client.call('revoke_workspace_key', { params });
  }
  report(session, key, `Revoked ${title}.`);
}

/**
 * Finds a key by its id, its prefix (or the whole secret, which begins with it), or its name.
 * @throws CommandError key_not_found, key_name_ambiguous
 */
export function chooseKey<Candidate extends Pick<ListedKey, 'id' | 'prefix' | 'name'>>(
  keys: readonly Candidate[],
  given: string,
): Candidate {
  const exact = keys.filter(({ id, prefix }) => id === given || given.replace(/…$/, '').startsWith(prefix));
  const found = exact.length > 0 ? exact : keys.filter((key) => key.name === given);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    throw new CommandError(`Several keys are called ${given}.`, {
      code: 'key_name_ambiguous',
      exitCode: exitCodes.usage,
      nextStep: 'Use the id or the prefix.',
      lines: found.map(({ id, prefix }) => `${prefix}…  ${id}`),
    });
  }
  throw new CommandError(`You can see no key ${given.length > 20 ? 'with that id or prefix' : given}.`, {
    code: 'key_not_found',
    exitCode: exitCodes.notFound,
    nextStep: 'pumphouse key list shows the keys; only owners see those of a workspace.',
  });
}
