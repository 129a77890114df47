import type { Capacity, CapacitySettings, MachineResources } from '../domain/runs/capacity.ts';
import type { Backend } from '../executors/contract/backend.ts';
import { planCapacity } from '../domain/runs/capacity.ts';

export interface ReadCapacityDependencies {
  executor: Backend;
  /** Read at each use. */
  readSettings: () => CapacitySettings;
}

/** Engines can be moved or resized, so reread. Until the machine's resources are known, retry more often. */
const rereadMs = 5 * 60_000;
const retryMs = 10_000;

/** Creates a reader of this server's capacity. It never waits for an engine that does not respond. */
export function createReadCapacity({ executor, readSettings }: ReadCapacityDependencies) {
  let machine: MachineResources | null = null;
  let nextReadAt = -Infinity;
  let reading: Promise<void> | null = null;

  async function reread(): Promise<void> {
    const found = await executor.readMachine().catch(() => null);
    machine = found ?? machine;
    nextReadAt = performance.now() + (found ? rereadMs : retryMs);
    reading = null;
  }

  return async function readCapacity(): Promise<Capacity> {
    if (performance.now() >= nextReadAt) {
      nextReadAt = Infinity;
      reading ??= reread();
      // Only the first response is awaited, and only briefly: until it arrives, only the number of runs is
      // limited.
      if (machine === null) await Promise.race([reading, soon()]);
    }
    return planCapacity(readSettings(), machine);
  };
}

const firstAnswerMs = 2000;
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, firstAnswerMs).unref());
