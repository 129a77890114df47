/**
 * The capacity of one server. Batch runs and apps have separate pools, so neither takes the other's slots.
 * Pure functions.
 */
import type { InstanceLimits } from '../attempts/instance-sizes.ts';

/** Resources of a machine, or of the control group of a container. */
export interface MachineResources {
  cpus: number;
  memoryBytes: number;
}

export type PoolName = 'batch' | 'apps';

/** Capacity of one pool. Null: unknown, so only the number of runs is limited. */
export interface Pool {
  maxRuns: number;
  cpus: number | null;
  memoryBytes: number | null;
}

export type Capacity = Record<PoolName, Pool>;

export interface CapacitySettings {
  maxActiveRuns: number;
  maxActiveApps: number;
  /**
   * Overcommit factors for the cores and memory of the machine: sizes are limits, and most runs use far less.
   */
  overcommit: { cpus: number; memory: number };
  /** The share of cores and memory for apps; batch runs get the rest. */
  appsShare: number;
}

/** Resources that an active run takes from its pool. */
export interface Demand {
  cpus: number;
  memoryBytes: number;
}

/** Total resources that the active runs of a pool take. */
export interface PoolUse extends Demand {
  runs: number;
}

/** The resource that a pool lacks for a run. */
export type Shortage = 'runs' | 'memory' | 'cpus';

export const emptyUse: PoolUse = { runs: 0, cpus: 0, memoryBytes: 0 };

/**
 * Plans the pools of a server.
 * @param machine null while the executor does not report the resources of its machine
 */
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
 * Computes what a run of this size takes from the pool. A run larger than the pool takes all of it, so that
 * it runs alone instead of waiting forever. A size without a limit takes nothing: its use is unknown, and
 * only the number of runs limits it.
 */
export function demandOf(limits: Pick<InstanceLimits, 'cpus' | 'memoryBytes'>, pool: Pool): Demand {
  return {
    cpus: Math.min(limits.cpus ?? 0, pool.cpus ?? Infinity),
    memoryBytes: Math.min(limits.memoryBytes ?? 0, pool.memoryBytes ?? Infinity),
  };
}

/** Returns the resource that keeps the run from starting now; null if it fits. */
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
