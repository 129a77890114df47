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
