import { orNull } from '../http/or-null.ts';
import type { Session } from '../session/session.ts';
import { readAccess } from './list-members.ts';

/**
 * Reads who created things, by the membership ids that the API names: e-mail addresses, or names of keys. Former
 * members are unknown.
 */
export async function readAuthors(session: Session): Promise<Map<string, string>> {
  const params = { workspace_id: await session.workspaceId() };
  const access = await orNull([403], readAccess(session, { params }));
  return new Map(
    access?.map(({ membership_id, kind, email, name }) => [
      membership_id,
      kind === 'service_account' ? `key ${name ?? ''}`.trim() : email,
    ]),
  );
}
