const MAX_LENGTH = 64;

/**
 * Derives a folder name from a workspace name: only ASCII letters, digits, `_` and `-`, at most 64
 * characters, never empty, never hidden. dlt shows the folder name as the workspace name in every trace, so
 * it stays close to the original. Two names can give the same folder name, so use it inside a unique folder.
 */
export function localPathName(workspaceName: string): string {
  const ascii = workspaceName.normalize('NFKD').replace(/\p{Mark}/gu, '');
  const safe = ascii
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
  return safe === '' ? 'workspace' : safe;
}
