import type { Backend } from '../executors/contract/backend.ts';
import { expect, it, vi } from 'vitest';
import { createReadCapacity } from './read-capacity.ts';

it('follows a change of the settings without asking the machine again', async () => {
  let settings = { maxActiveRuns: 1, maxActiveApps: 1, overcommit: { cpus: 1, memory: 1 }, appsShare: 0.5 };
  const readMachine = vi.fn<Backend['readMachine']>(async () => ({ cpus: 4, memoryBytes: 8000 }));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the reader uses only this part
  const executor = { readMachine } as unknown as Backend;
  const readCapacity = createReadCapacity({ executor, readSettings: () => settings });
  expect(await readCapacity()).toEqual({
    batch: { maxRuns: 1, cpus: 2, memoryBytes: 4000 },
    apps: { maxRuns: 1, cpus: 2, memoryBytes: 4000 },
  });
  settings = { maxActiveRuns: 7, maxActiveApps: 3, overcommit: { cpus: 2, memory: 1 }, appsShare: 0.25 };
  expect(await readCapacity()).toEqual({
    batch: { maxRuns: 7, cpus: 6, memoryBytes: 6000 },
    apps: { maxRuns: 3, cpus: 2, memoryBytes: 2000 },
  });
  expect(readMachine).toHaveBeenCalledOnce();
});
