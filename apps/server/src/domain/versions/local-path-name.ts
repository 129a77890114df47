const MAX_LENGTH = 64;

/**
 * A folder name for a workspace name: ASCII letters, digits, `_` and `-` only, at most 64 characters, never empty,
 * never hidden. dlt shows the folder's name as the workspace name in every trace, so it stays close to the original.
 * Two names can give one folder name: use it below a folder that is unique already.
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
