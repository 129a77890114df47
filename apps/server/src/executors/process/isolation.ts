/** How much this server can shut a run in: decided once, never less afterwards. */
import { homedir } from 'node:os';
import type { PythonInterpreter } from './python-interpreter.ts';
import type { SandboxBind, SandboxPlan } from './sandbox.ts';

/**
 * `sandbox`: bubblewrap. As root, what runs becomes a user of its own inside.
 * `none`: same user, same files as the server; only where the operator allowed it.
 */
export type Isolation =
  { kind: 'sandbox'; bwrapPath: string; privileges: SandboxPlan['privileges'] } | { kind: 'none' };

/** What this server does with the tools it was given; null where nothing may run. */
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

/** The user that runs become, or null where they stay the server's. */
export function decideRunUser(isolation: Isolation, uid: number): { uid: number; gid: number } | null {
  return isolation.kind === 'sandbox' && isolation.privileges === 'root' ? { uid, gid: uid } : null;
}

/**
 * Read-only binds that make an interpreter work inside a sandbox, beyond /usr.
 * @throws Error when its installation is a folder that also holds the server's data or the user's home
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
  // What Nix installs is spread over its store.
  const roots = paths.map((path) => (isBelow(path, '/nix/store') ? '/nix/store' : path));
  return [...new Set(roots)]
    .filter((path) => !isBelow(path, '/usr'))
    .map((path) => ({ source: path, target: path, writable: false }));
}

/** True when `path` is `folder` or lies below it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
