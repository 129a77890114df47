import type { Session } from './session.ts';

/** The address of a workspace's page in the console, such as `.../w/<id>/jobs/jobs.shop.load`. */
export function locateConsolePage(
  serverUrl: string,
  workspaceId: string,
  ...segments: readonly string[]
): string {
  return [serverUrl, 'w', workspaceId, ...segments.map(encodeURIComponent)].join('/');
}

/** The address of a page about the session's workspace. */
export async function locatePage(session: Session, ...segments: readonly string[]): Promise<string> {
  return locateConsolePage(session.serverUrl, await session.workspaceId(), ...segments);
}
