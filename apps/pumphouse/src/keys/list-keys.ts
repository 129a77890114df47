import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { listAllKeys, listPersonalKeys, listWorkspaceKeys, type ListedKey } from './all-keys.ts';

export interface ListKeysOptions {
  personal?: boolean;
  workspaceKeys?: boolean;
}

/** Lists keys; never a secret, which the server does not have. */
export async function listKeys(
  session: Session,
  { personal, workspaceKeys }: ListKeysOptions,
): Promise<void> {
  const { terminal } = session;
  const keys = await readKeys();
  session.show(keys, () => {
    if (keys.length === 0) return 'There are no keys. Create one: pumphouse key create';
    return formatTable(
      keys,
      [
        { title: 'NAME', text: ({ name }) => name ?? '' },
        { title: 'KEY', text: ({ prefix }) => `${prefix}…` },
        { title: 'OF', text: describeKind },
        { title: 'EXPIRES', text: (key) => formatExpiry(terminal, key) },
        {
          title: 'LAST USED',
          text: ({ last_used_at }) => formatRelative(last_used_at) || 'never',
          dropOrder: 1,
        },
        { title: 'CREATED', text: ({ created_at }) => formatRelative(created_at), dropOrder: 3 },
        { title: 'ID', text: ({ id }) => id, dropOrder: 2 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
  for (const key of keys) warnOfFormerOwner(key);

  function readKeys(): Promise<ListedKey[]> {
    if (personal) return listPersonalKeys(session);
    return workspaceKeys ? listWorkspaceKeys(session) : listAllKeys(session);
  }

  function warnOfFormerOwner(key: ListedKey): void {
    if (key.kind === 'personal' || key.is_issuer_owner) return;
    terminal.note(
      `${key.prefix}… was created by ${key.issued_by}, who no longer owns the workspace. Replace it: ` +
        `pumphouse key create --workspace-key, then pumphouse key revoke ${key.prefix}`,
    );
  }
}

function describeKind(key: ListedKey): string {
  return key.kind === 'personal' ? 'you' : `workspace (${key.role ?? 'no role'})`;
}

function formatExpiry(terminal: Terminal, { expires_at }: ListedKey): string {
  const daysLeft = (Date.parse(expires_at) - Date.now()) / 86_400_000;
  const text = daysLeft < 0 ? `expired ${formatRelative(expires_at)}` : formatRelative(expires_at);
  if (daysLeft < 0) return terminal.tone('bad', text);
  return daysLeft < 7 ? terminal.tone('warning', text) : text;
}
