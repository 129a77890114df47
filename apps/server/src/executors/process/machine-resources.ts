import type { MachineResources } from '../../domain/runs/capacity.ts';
import { availableParallelism, totalmem } from 'node:os';

/** What this process may use: of the machine, or of the container that the server is in, where its control group has less. */
export function readOwnMachine(): MachineResources {
  // Node reads the quota and the limits of the control group, those of its parents among them; without a limit it gives 0 or a huge number.
  const limit = process.constrainedMemory();
  return {
    cpus: availableParallelism(),
    memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
  };
}
