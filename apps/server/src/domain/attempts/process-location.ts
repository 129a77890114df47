/** Where a process runs. A pid means something only inside one location. */
export interface ProcessLocation {
  /** The id that the kernel drew at boot. */
  bootId: string;
  pidNamespace: string;
  /** /etc/machine-id, or '' where a machine has none. Clones and containers of one image share it. */
  machineId: string;
}

/**
 * `same`: pids of that location can be looked up here.
 * `other-boot`: a machine with the same id and another boot id. It is this machine before its restart, or a clone that runs now.
 * `elsewhere`: nothing is known about processes there.
 */
export type LocationRelation = 'same' | 'other-boot' | 'elsewhere';

export function compareLocations(there: ProcessLocation, here: ProcessLocation): LocationRelation {
  if (there.machineId !== here.machineId) return 'elsewhere';
  if (there.bootId === here.bootId) return there.pidNamespace === here.pidNamespace ? 'same' : 'elsewhere';
  return there.machineId === '' ? 'elsewhere' : 'other-boot';
}
