import { readFileSync, readlinkSync } from 'node:fs';

/** Names one process for good: a pid alone is given to another process sooner or later. */
export interface LiveProcess {
  pid: number;
  /** Clock ticks from boot to the start of the process. */
  startTime: number;
  /** The boot and the pid namespace that the pid belongs to: elsewhere the same number is another process. */
  place: string;
}

/** This process. */
export function identifyOwnProcess(): LiveProcess {
  const startTime = readStartTime(process.pid);
  if (startTime === undefined) throw new Error('/proc/self/stat cannot be read: Pumphouse needs /proc');
  return { pid: process.pid, startTime, place: currentPlace() };
}

/** Whether the process still runs; undefined when it belongs to another container or machine, or to an earlier boot. */
export function isAlive(owner: LiveProcess): boolean | undefined {
  if (owner.place !== currentPlace()) return undefined;
  return readStartTime(owner.pid) === owner.startTime;
}

/** When the process started, in clock ticks since boot; undefined when it does not run or is a zombie. */
export function readStartTime(pid: number): number | undefined {
  const stat = readProcFile(`/proc/${pid}/stat`);
  // The second field is the name in parentheses, which may hold spaces and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields?.[0], fields?.[19]];
  if (state === undefined || state === 'Z' || state === 'X' || startTime === undefined) return undefined;
  return Number(startTime);
}

/** The command line of a process, its arguments divided by NUL; empty when it does not run. Any user may read it. */
export function readCommandLine(pid: number): string {
  return readProcFile(`/proc/${pid}/cmdline`) ?? '';
}

let place: string | undefined;

function currentPlace(): string {
  place ??= `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  return place;
}

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
