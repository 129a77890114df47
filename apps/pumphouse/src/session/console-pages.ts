import type { Session } from './session.ts';

/** The address of a page of the console about the session's workspace, such as `runs/<id>`. */
export async function locatePage(session: Session, path: string): Promise<string> {
  return `${session.serverUrl}/w/${await session.workspaceId()}/${path}`;
}
