import type { PersonalKeyResponse, WorkspaceKeyResponse } from '@pumphouse/contract';
import { orNull } from '../http/or-null.ts';
import type { Session } from '../session/session.ts';

/** A key in a list, with what it is a key of. */
export type ListedKey =
  | ({ kind: 'personal' } & PersonalKeyResponse)
  | ({ kind: 'workspace'; workspace_id: string } & WorkspaceKeyResponse);

/** Lists the caller's personal keys. */
export async function listPersonalKeys({ client }: Session): Promise<ListedKey[]> {
  const { keys } = await client.call('list_personal_keys');
  return keys.map((key) => ({ kind: 'personal', ...key }));
}

/** Lists the keys of the workspace. */
export async function listWorkspaceKeys(session: Session): Promise<ListedKey[]> {
  const workspace_id = await session.workspaceId();
  const { keys } = await session.client.call('list_workspace_keys', { params: { workspace_id } });
  return keys.map((key) => ({ kind: 'workspace', workspace_id, ...key }));
}

/** Lists all keys that the caller may see. Workspace keys are left out for members who are not owners. */
export async function listAllKeys(session: Session): Promise<ListedKey[]> {
  const hasWorkspace = await session.workspaceId().then(
    () => true,
    () => false,
  );
  const [personal, workspace] = await Promise.all([
    orNull([403], listPersonalKeys(session)),
    hasWorkspace ? orNull([403], listWorkspaceKeys(session)) : null,
  ]);
  return [...(personal ?? []), ...(workspace ?? [])];
}
