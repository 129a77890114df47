const key = 'pumphouse.workspace';

/** The workspace visited last in this browser; null if there is none. */
export const readLastWorkspace = () => localStorage.getItem(key);

export function rememberWorkspace(workspaceId: string): void {
  localStorage.setItem(key, workspaceId);
}
