/** How much one server runs at once. Batch runs and apps have a pool each, so neither takes the other's slots. Pure. */
import type { InstanceLimits } from '../attempts/instance-sizes.ts';

/** What a machine, or the control group of a container, has. */
export interface MachineResources {
  cpus: number;
  memoryBytes: number;
}

export type PoolName = 'batch' | 'apps';

/** What one pool holds. Null: not known, so that only the number of runs is bounded. */
export interface Pool {
  maxRuns: number;
  cpus: number | null;
  memoryBytes: number | null;
}

export type Capacity = Record<PoolName, Pool>;

export interface CapacitySettings {
  maxActiveRuns: number;
  maxActiveApps: number;
  /** How many times the cores and the memory of the machine are given out: sizes are limits, and most runs use far less. */
  overcommit: { cpus: number; memory: number };
  /** The part of the cores and the memory that apps get; batch runs get the rest. */
  appsShare: number;
}

/** What a run takes of its pool while it is active. */
export interface Demand {
  cpus: number;
  memoryBytes: number;
}

/** What the active runs of a pool take. */
export interface PoolUse extends Demand {
  runs: number;
}

/** What a pool has too little of for a run. */
export type Shortage = 'runs' | 'memory' | 'cpus';

export const emptyUse: PoolUse = { runs: 0, cpus: 0, memoryBytes: 0 };

/** The pools of a server. @param machine null while the executor does not tell what its machine has */
export function planCapacity(settings: CapacitySettings, machine: MachineResources | null): Capacity {
  const { overcommit, appsShare } = settings;
  const poolOf = (maxRuns: number, share: number): Pool => ({
    maxRuns,
    cpus: machine && machine.cpus * overcommit.cpus * share,
    memoryBytes: machine && machine.memoryBytes * overcommit.memory * share,
  });
  return {
    batch: poolOf(settings.maxActiveRuns, 1 - appsShare),
    apps: poolOf(settings.maxActiveApps, appsShare),
  };
}

/**
 * What a run of this size takes of the pool. One that is larger than the pool takes all of it, so that it runs alone instead of waiting
 * for ever. A size without a limit takes nothing: its use is unknown, and the number of runs bounds it.
 */
export function demandOf(limits: Pick<InstanceLimits, 'cpus' | 'memoryBytes'>, pool: Pool): Demand {
  return {
    cpus: Math.min(limits.cpus ?? 0, pool.cpus ?? Infinity),
    memoryBytes: Math.min(limits.memoryBytes ?? 0, pool.memoryBytes ?? Infinity),
  };
}

/** What keeps the run from starting now; null: it fits. */
export function findShortage(demand: Demand, pool: Pool, use: PoolUse): Shortage | null {
  if (use.runs >= pool.maxRuns) return 'runs';
  if (pool.memoryBytes !== null && use.memoryBytes + demand.memoryBytes > pool.memoryBytes) return 'memory';
  if (pool.cpus !== null && use.cpus + demand.cpus > pool.cpus) return 'cpus';
  return null;
}

export function addDemand(use: PoolUse, demand: Demand): PoolUse {
  return {
    runs: use.runs + 1,
    cpus: use.cpus + demand.cpus,
    memoryBytes: use.memoryBytes + demand.memoryBytes,
  };
}
