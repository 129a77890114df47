import { hostname } from 'node:os';
import { readBootId } from '../process-location.ts';
import { readProcessStartTime } from '../executors/process/process-identity.ts';

/**
 * Names server processes so that another server on the same machine can tell whether one is dead, and need not wait for its lease.
 * What cannot be looked at (another machine) is never called dead.
 */
export interface ServerProcesses {
  /** `<host>/<boot id>/<pid>/<start time>` of this process. */
  self: string;
  isKnownDead(owner: string): boolean;
}

export function createServerProcesses(): ServerProcesses {
  const bootId = readBootId();
  const describe = (pid: number) =>
    `${hostname()}/${bootId}/${pid}/${readProcessStartTime(pid) ?? 'unknown'}`;
  return {
    self: describe(process.pid),
    isKnownDead(owner) {
      const [host, boot, pid] = owner.split('/');
      if (host !== hostname()) return false;
      if (boot !== bootId) return true;
      return describe(Number(pid)) !== owner;
    },
  };
}
