import { orNull } from '../http/or-null.ts';
import type { Session } from '../session/session.ts';
import { readAccess } from './list-members.ts';

/** Reads the e-mail addresses of the workspace's members by user id; keys are named. Former members are unknown. */
export async function readUserEmails(session: Session): Promise<Map<string, string>> {
  const params = { workspace_id: await session.workspaceId() };
  const access = await orNull([403], readAccess(session, { params }));
  return new Map(
    access?.map(({ user_id, kind, email, name }) => [
      user_id,
      kind === 'service_account' ? `key ${name ?? ''}`.trim() : email,
    ]),
  );
}
