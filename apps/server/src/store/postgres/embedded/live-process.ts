import type { ProcessState } from '../../../domain/attempts/process-location.ts';
import { readOwnLocation, readOwnProcess, readProcessState } from '../../../platform/process-identity.ts';

/** A process as recorded in the files of a data folder. */
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
  const { location, pid, startTime } = readOwnProcess();
  const { bootId, pidNamespace, machineId } = location;
  return { pid, startTime, place: `${bootId} ${pidNamespace}`, machineId };
}

export type Liveness = 'alive' | 'dead' | 'hidden';

/**
 * Reports whether the process is still running. `hidden`: it counts as alive because it refreshed its file
 * recently, but this process cannot observe it.
 * @param silentMs time since the process refreshed its file
 */
export function readLiveness(owner: LiveProcess, silentMs: number): Liveness {
  const state = readState(owner);
  if (state === 'alive') return 'alive';
  if (state === 'gone') return 'dead';
  return silentMs < (state === 'other-boot' ? otherBootStaleMs : foreignStaleMs) ? 'hidden' : 'dead';
}

function readState({ place, machineId, pid, startTime }: LiveProcess): ProcessState {
  const [bootId = '', pidNamespace = ''] = place.split(' ');
  const here = readOwnLocation();
  // Without a machine id, another boot cannot be told from another machine.
  if (machineId === undefined && bootId !== here.bootId) return 'elsewhere';
  const location = { bootId, pidNamespace, machineId: machineId ?? here.machineId };
  return readProcessState({ location, pid, startTime });
}
