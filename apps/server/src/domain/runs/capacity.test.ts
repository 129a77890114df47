import { describe, expect, it } from 'vitest';
import { addDemand, demandOf, emptyUse, findShortage, planCapacity } from './capacity.ts';
import { parseInstanceSizes } from '../attempts/instance-sizes.ts';

const gibibyte = 1024 ** 3;
const sizes = parseInstanceSizes('');
const settings = {
  maxActiveRuns: 8,
  maxActiveApps: 8,
  overcommit: { cpus: 16, memory: 8 },
  appsShare: 0.5,
};

function countFitting(pool: ReturnType<typeof planCapacity>['batch'], size: keyof typeof sizes): number {
  let use = emptyUse;
  const demand = demandOf(sizes[size], pool);
  while (findShortage(demand, pool, use) === null) use = addDemand(use, demand);
  return use.runs;
}

describe('the capacity of a server', () => {
  it.each([
    { machine: 'a laptop', cpus: 2, gib: 24, small: 8, medium: 4, xlarge: 1 },
    { machine: 'a small virtual machine', cpus: 2, gib: 4, small: 4, medium: 2, xlarge: 1 },
    { machine: 'a large server', cpus: 32, gib: 128, small: 128, medium: 64, xlarge: 16 },
  ])('fits $machine: $small small runs at once', ({ cpus, gib, ...fitting }) => {
    const max = Math.max(4, 4 * cpus);
    const machine = { cpus, memoryBytes: gib * gibibyte };
    const capacity = planCapacity({ ...settings, maxActiveRuns: max, maxActiveApps: max }, machine);
    for (const size of ['small', 'medium', 'xlarge'] as const)
      expect(countFitting(capacity.batch, size), size).toBe(fitting[size]);
    expect(capacity.apps).toEqual(capacity.batch);
  });

  it('is limited only by the number of runs while the machine is unknown', () => {
    expect(countFitting(planCapacity(settings, null).batch, 'xlarge')).toBe(8);
  });

  it('gives apps their share, and batch runs the rest', () => {
    const machine = { cpus: 4, memoryBytes: 10 * gibibyte };
    const { batch, apps } = planCapacity({ ...settings, appsShare: 0.25 }, machine);
    expect(batch).toMatchObject({ cpus: 48, memoryBytes: 60 * gibibyte });
    expect(apps).toMatchObject({ cpus: 16, memoryBytes: 20 * gibibyte });
  });
});

describe('a run', () => {
  const machine = { cpus: 1, memoryBytes: gibibyte };
  const { batch } = planCapacity({ ...settings, overcommit: { cpus: 1, memory: 1 } }, machine);

  it('runs alone if it is larger than the whole pool', () => {
    const demand = demandOf(sizes.xlarge, batch);
    expect(findShortage(demand, batch, emptyUse)).toBeNull();
    const one = addDemand(emptyUse, demandOf({ cpus: 0.1, memoryBytes: 1 }, batch));
    expect(findShortage(demand, batch, one)).toBe('memory');
    expect(findShortage(demandOf({ cpus: 1, memoryBytes: 0 }, batch), batch, one)).toBe('cpus');
  });

  it('without limits is bounded by the number of runs', () => {
    const unlimited = demandOf({ cpus: null, memoryBytes: null }, batch);
    let use = emptyUse;
    for (let count = 0; count < settings.maxActiveRuns; count += 1) {
      expect(findShortage(unlimited, batch, use)).toBeNull();
      use = addDemand(use, unlimited);
    }
    expect(findShortage(unlimited, batch, use)).toBe('runs');
  });
});
