import { hostname } from 'node:os';
import { readFileSync } from 'node:fs';

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
  const bootId = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
  const describe = (pid: number) => `${hostname()}/${bootId}/${pid}/${readStartTime(pid) ?? 'unknown'}`;
  return {
    self: describe(process.pid),
    isKnownDead(owner) {
      const [host, boot, pid] = owner.split('/');
      if (host !== hostname() || boot === 'unknown') return false;
      if (boot !== bootId) return true;
      return describe(Number(pid)) !== owner;
    },
  };
}

/** Clock ticks from boot to the start of the process: with the pid it names a process for good. Undefined when there is none. */
function readStartTime(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The command's name may hold spaces and brackets: fields are counted after its last bracket.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
