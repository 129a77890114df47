/** How strictly this server can isolate runs. Decided once at start and never weakened. */
import { homedir } from 'node:os';
import type { PythonInterpreter } from './python-interpreter.ts';
import type { SandboxBind, SandboxPlan } from './sandbox.ts';

/**
 * `sandbox`: bubblewrap; if the server is root, each run also becomes a separate user. `none`: same user and
 * files as the server, only if the operator allowed it.
 */
export type Isolation =
  { kind: 'sandbox'; bwrapPath: string; privileges: SandboxPlan['privileges'] } | { kind: 'none' };

/** Derives the isolation from the installed tools and the settings; null means that nothing may run. */
export function decideIsolation(options: {
  bwrapPath: string | null;
  allowUnisolated: boolean;
  serverUid: number;
}): Isolation | null {
  if (options.bwrapPath !== null) {
    const privileges = options.serverUid === 0 ? 'root' : 'user';
    return { kind: 'sandbox', bwrapPath: options.bwrapPath, privileges };
  }
  return options.allowUnisolated ? { kind: 'none' } : null;
}

/** The user that a run switches to, or null if it keeps the server's user. */
export function decideRunUser(isolation: Isolation, uid: number): { uid: number; gid: number } | null {
  return isolation.kind === 'sandbox' && isolation.privileges === 'root' ? { uid, gid: uid } : null;
}

/**
 * Read-only binds that an interpreter needs inside a sandbox, beyond /usr.
 * @throws Error when its installation folder also contains the server's data or the user's home
 */
export function bindInterpreter(
  interpreter: Omit<PythonInterpreter, 'version'>,
  dataDir: string,
): SandboxBind[] {
  const { prefix, executable } = interpreter;
  if (isBelow(prefix, '/usr') && isBelow(executable, '/usr')) return [];
  for (const kept of [dataDir, homedir()]) {
    if (isBelow(kept, prefix)) {
      throw new Error(`Python at ${executable} is installed in ${prefix}, which holds ${kept} too.`);
    }
  }
  const paths = isBelow(executable, prefix) ? [prefix] : [prefix, executable];
  // Nix spreads an installation over its store, so bind the whole store.
  const roots = paths.map((path) => (isBelow(path, '/nix/store') ? '/nix/store' : path));
  return [...new Set(roots)]
    .filter((path) => !isBelow(path, '/usr'))
    .map((path) => ({ source: path, target: path, writable: false }));
}

/** Whether `path` is `folder` or lies below it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
