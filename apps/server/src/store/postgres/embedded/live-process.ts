import { readFileSync } from 'node:fs';
import {
  compareLocations,
  type LocationRelation,
  type ProcessLocation,
} from '../../../domain/attempts/process-location.ts';
import { readOwnLocation } from '../../../platform/process-location.ts';

/** Identifies one process permanently: a pid alone is reused sooner or later. */
export interface LiveProcess {
  pid: number;
  /** Clock ticks from boot to the start of the process. */
  startTime: number;
  /** `<boot id> <pid namespace>`: elsewhere, the same pid is another process. */
  place: string;
  /** Missing in files of the previous release. */
  machineId?: string;
}

/** A process that cannot be looked up counts as alive until it has not refreshed its file for this long. */
const foreignStaleMs = 10_000;
/**
 * Shorter after a restart of this machine, which must not be delayed: clones of a machine do not share a data
 * folder.
 */
const otherBootStaleMs = 2000;

/** Identifies this process. */
export function identifyOwnProcess(): LiveProcess {
  const startTime = readStartTime(process.pid);
  if (startTime === undefined) throw new Error('/proc/self/stat cannot be read: Pumphouse needs /proc');
  return { pid: process.pid, startTime, place: currentPlace(), machineId: ownLocation().machineId };
}

export type Liveness = 'alive' | 'dead' | 'hidden';

/**
 * Reports whether the process is still running. `hidden`: it counts as alive because it refreshed its file
 * recently, but this process cannot observe it.
 * @param silentMs time since the process refreshed its file
 */
export function readLiveness(owner: LiveProcess, silentMs: number): Liveness {
  const relation = locate(owner);
  if (relation === 'same') return readStartTime(owner.pid) === owner.startTime ? 'alive' : 'dead';
  return silentMs < (relation === 'other-boot' ? otherBootStaleMs : foreignStaleMs) ? 'hidden' : 'dead';
}

function locate({ place, machineId }: LiveProcess): LocationRelation {
  if (machineId === undefined) return place === currentPlace() ? 'same' : 'elsewhere';
  const [bootId = '', pidNamespace = ''] = place.split(' ');
  return compareLocations({ bootId, pidNamespace, machineId }, ownLocation());
}

/**
 * Reads when the process started, in clock ticks since boot; undefined if it is not running or is a zombie.
 */
export function readStartTime(pid: number): number | undefined {
  const stat = readProcFile(`/proc/${pid}/stat`);
  // The second field is the name in parentheses, which may itself contain spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields?.[0], fields?.[19]];
  if (state === undefined || state === 'Z' || state === 'X' || startTime === undefined) return undefined;
  return Number(startTime);
}

/**
 * Reads the command line of a process, with arguments separated by NUL; empty if it is not running. Any user
 * may read it.
 */
export function readCommandLine(pid: number): string {
  return readProcFile(`/proc/${pid}/cmdline`) ?? '';
}

let location: ProcessLocation | undefined;
const ownLocation = () => (location ??= readOwnLocation());

function currentPlace(): string {
  const { bootId, pidNamespace } = ownLocation();
  return `${bootId} ${pidNamespace}`;
}

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
