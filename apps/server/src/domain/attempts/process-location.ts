/** Where a process runs. A pid is meaningful only within one location. */
export interface ProcessLocation {
  /** The id that the kernel generated at boot. */
  bootId: string;
  pidNamespace: string;
  /** /etc/machine-id, or '' for a machine without one. Clones and containers of one image share it. */
  machineId: string;
}

/**
 * `same`: pids of that location can be looked up here. `other-boot`: a machine with the same id and another
 * boot id, which is either this machine before a restart or a running clone. `elsewhere`: nothing is known
 * about processes in that location.
 */
export type LocationRelation = 'same' | 'other-boot' | 'elsewhere';

export function compareLocations(there: ProcessLocation, here: ProcessLocation): LocationRelation {
  if (there.machineId !== here.machineId) return 'elsewhere';
  if (there.bootId === here.bootId) return there.pidNamespace === here.pidNamespace ? 'same' : 'elsewhere';
  return there.machineId === '' ? 'elsewhere' : 'other-boot';
}

/** A process anywhere. A pid alone is reused sooner or later. */
export interface LocatedProcess {
  location: ProcessLocation;
  pid: number;
  /** Clock ticks from boot to the start of the process; distinguishes it from a later one with its pid. */
  startTime: number;
}

/** `alive` and `gone` are certain. In the other two, the process cannot be observed. */
export type ProcessState = 'alive' | 'gone' | Exclude<LocationRelation, 'same'>;

/**
 * Derives whether a process is alive. Only a process in the same location can be looked up.
 * @param readStartTime returns the start time of the process that has this pid here now; null if there is
 * none
 */
export function deriveProcessState(
  { location, pid, startTime }: LocatedProcess,
  here: ProcessLocation,
  readStartTime: (pid: number) => number | null,
): ProcessState {
  const relation = compareLocations(location, here);
  if (relation !== 'same') return relation;
  return readStartTime(pid) === startTime ? 'alive' : 'gone';
}
