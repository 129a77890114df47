/** The job ref of the workspace dashboard, which the older client calls `dashboard`. */
export const dashboardRef = 'jobs.workspace.dashboard';

/**
 * Returns the job ref of a name or file: `jobs.pipeline` for `sub/pipeline.py`, as the current client names
 * the job of a script, so that both start the same one.
 */
export function refOfName(name: string): string {
  if (name === 'dashboard') return dashboardRef;
  if (name.startsWith('jobs.')) return name;
  const stem = (name.split('/').at(-1) ?? '').replace(/\.py$/, '');
  const identifier = stem.replaceAll(/[^\p{L}\p{N}_]/gu, '_');
  return `jobs.${/^[\p{L}_]/u.test(identifier) ? identifier : `_${identifier}`}`;
}

/** Returns the module of a file: `sub.pipeline` for `sub/pipeline.py`. */
export function moduleOfPath(path: string): string {
  return path.replace(/^\.\//, '').replace(/\.py$/, '').replaceAll('/', '.');
}
