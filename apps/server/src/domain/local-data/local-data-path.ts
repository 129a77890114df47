/** Paths of files in the local data of a workspace. Runs choose them, so they are hostile input. Pure. */

const maxPathBytes = 1024;
const maxLevels = 100;

/** Whether a path names a file below a folder without leaving it: segments that are neither empty nor dots. */
export function isLocalDataPath(path: string): boolean {
  if (path === '' || path.includes('\0') || !path.isWellFormed()) return false;
  if (Buffer.byteLength(path) > maxPathBytes) return false;
  const segments = path.split('/');
  if (segments.length > maxLevels) return false;
  return segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/** Lists the folders that a file is in: for `a/b/c` these are `a` and `a/b`. */
export function listFolders(path: string): string[] {
  const segments = path.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** The profile whose data an app reads: an app under `access` reads what batch runs under `prod` wrote. */
export function sourceProfileOf(profile: string): string {
  return profile === 'access' ? 'prod' : profile;
}
