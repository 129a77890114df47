const key = 'pumphouse.workspace';

/** The workspace that was looked at last in this browser; null for none. */
export const readLastWorkspace = () => localStorage.getItem(key);

export function rememberWorkspace(workspaceId: string): void {
  localStorage.setItem(key, workspaceId);
}
