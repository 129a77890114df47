/** The address of a workspace's page in the console, such as `.../w/<id>/jobs/jobs.shop.load`. */
export function locateConsolePage(
  serverUrl: string,
  workspaceId: string,
  ...segments: readonly string[]
): string {
  return [serverUrl, 'w', workspaceId, ...segments.map(encodeURIComponent)].join('/');
}
