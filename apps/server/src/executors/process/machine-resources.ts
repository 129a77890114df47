import type { MachineResources } from '../../domain/runs/capacity.ts';
import { availableParallelism, totalmem } from 'node:os';

/**
 * Resources available to this process: those of the machine, or the control group's limits if lower, as in a
 * container.
 */
export function readOwnMachine(): MachineResources {
  // Node considers quotas and limits of the control group and its parents; without a limit it returns 0 or a
  // huge number.
  const limit = process.constrainedMemory();
  return {
    cpus: availableParallelism(),
    memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
  };
}
