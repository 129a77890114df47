/** The job ref of the workspace dashboard, which the older client calls `dashboard`. */
export const dashboardRef = 'jobs.workspace.dashboard';

const scriptSuffix = /\.py$/;

/**
 * Returns the job ref of a name or file: `jobs.pipeline` for `sub/pipeline.py`, as the current client names
 * the job of a script, so that both start the same one. Release 0.26 writes `jobs.` before a file, too.
 */
export function refOfName(name: string): string {
  if (name === 'dashboard') return dashboardRef;
  if (name.startsWith('jobs.') && !scriptSuffix.test(name)) return name;
  const file = name.replace(/^jobs\.(?=.+\.py$)/, '');
  const stem = (file.split('/').at(-1) ?? '').replace(scriptSuffix, '');
  const identifier = stem.replaceAll(/[^\p{L}\p{N}_]/gu, '_');
  return `jobs.${/^[\p{L}_]/u.test(identifier) ? identifier : `_${identifier}`}`;
}

/** Returns the module of a file: `sub.pipeline` for `sub/pipeline.py`. */
export function moduleOfPath(path: string): string {
  return path.replace(/^\.\//, '').replace(scriptSuffix, '').replaceAll('/', '.');
}
