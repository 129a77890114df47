/** Describes what a pending run waits for. Pure functions. */
import type { Demand, Pool, PoolName, PoolUse } from './capacity.ts';
import { findShortage } from './capacity.ts';

export const waitKinds = [
  /** All slots of its pool are in use. */
  'slot',
  /** A slot is free, but the sizes of active runs leave too little memory or too few cores. */
  'size',
  /** A larger run has waited long and goes first. */
  'turn',
  'local-data',
  /** No connected worker may run it. */
  'worker',
  'environment',
  /** The executor does not answer, or nothing can start on this server. */
  'engine',
  'retry',
] as const;
export type WaitKind = (typeof waitKinds)[number];

/** Kinds that alternate as runs start and end; the log reports the wait once for all of them. */
const capacityKinds: ReadonlySet<WaitKind | null> = new Set(['slot', 'size', 'turn']);

export function isSameWait(one: WaitKind | null, other: WaitKind): boolean {
  return one === other || (capacityKinds.has(one) && capacityKinds.has(other));
}

export interface Wait {
  kind: WaitKind;
  reason: string;
}

/**
 * Active runs of a pool across all servers, as visible to members of one workspace: they must not see the
 * names of others.
 */
export interface Holders {
  ownWorkspace: number;
  otherWorkspaces: number;
  otherOrganizations: number;
}

/** Describes why a run that waits only for capacity has not been claimed. */
export function describeCapacityWait(wait: {
  name: PoolName;
  pool: Pool;
  use: PoolUse;
  demand: Demand;
  /** Number of slots across all servers. */
  slotCount: number;
  holders: Holders;
}): Wait {
  const { name, pool, use, demand } = wait;
  const shortage = findShortage(demand, pool, use);
  if (shortage === 'runs')
    return { kind: 'slot', reason: describeNoSlot(name, wait.slotCount, wait.holders) };
  if (shortage === null)
    return { kind: 'turn', reason: 'Waiting for its turn: a larger run has waited longer and starts first.' };
  const [what, taken, given, needed] =
    shortage === 'memory'
      ? ['memory', ...[use.memoryBytes, pool.memoryBytes ?? 0, demand.memoryBytes].map(formatGibibytes)]
      : ['cores', ...[use.cpus, pool.cpus ?? 0, demand.cpus].map(formatNumber)];
  const reason = `Waiting for ${what}: the sizes of ${countActive(name, use.runs)} use ${taken} of the ${given} that the server has for ${plural[name]}, and this run needs ${needed}.`;
  return { kind: 'size', reason };
}

/** Describes a lack of slots, also for callers that do not know the size of the run. */
export function describeNoSlot(name: PoolName, slotCount: number, holders: Holders): string {
  const used = holders.ownWorkspace + holders.otherWorkspaces + holders.otherOrganizations;
  if (name === 'apps')
    return `No free slot: ${used} of ${slotCount} apps in use. It starts when one is free.`;
  const parts = [
    `${holders.ownWorkspace} by this workspace`,
    holders.otherWorkspaces > 0 && `${holders.otherWorkspaces} by other workspaces of the organization`,
    holders.otherOrganizations > 0 && `${holders.otherOrganizations} by other organizations`,
  ].filter(Boolean);
  return `Waiting for a free slot: ${used} of ${slotCount} in use, ${parts.join(', ')}.`;
}

/** A group of active batch runs; without a name if the reader must not see it. */
export interface SlotsInUse {
  name: string | null;
  /** In the organization of the waiting run. */
  isOwnOrganization: boolean;
  count: number;
}

/** Describes who holds the slots of batch runs, for one reader. */
export function describeSlotsFor(slotCount: number, parts: readonly SlotsInUse[]): string {
  const sumOf = (some: readonly SlotsInUse[]) => some.reduce((sum, { count }) => sum + count, 0);
  const named = parts.flatMap(({ name, count }) => (name === null ? [] : `${name} (${count})`));
  const unnamed = parts.filter(({ name }) => name === null);
  const [own, others] = [true, false].map((isOwn) =>
    sumOf(unnamed.filter(({ isOwnOrganization }) => isOwnOrganization === isOwn)),
  );
  const holders = [
    named.length > 0 && `workspaces ${named.join(', ')}`,
    own && `other workspaces of the organization (${own})`,
    others && `other organizations (${others})`,
  ].filter(Boolean);
  const by = holders.length === 0 ? '' : ` by ${holders.join(', ')}`;
  return `Waiting for a free slot: ${sumOf(parts)} of ${slotCount} in use${by}.`;
}

export function describeLocalDataWait(holder: { number: number; jobRef: string }): Wait {
  return {
    kind: 'local-data',
    reason: `Waiting for run ${holder.number} of ${holder.jobRef}: it uses the same local data (.dlt/data of this profile).`,
  };
}

/** @param obstacle a sentence: what keeps every run from starting */
export function describeStartWait(obstacle: string): Wait {
  return { kind: 'engine', reason: `No run can start now: ${obstacle}` };
}

const plural: Record<PoolName, string> = { batch: 'batch runs', apps: 'apps' };

function countActive(name: PoolName, count: number): string {
  if (name === 'apps') return count === 1 ? '1 active app' : `${count} active apps`;
  return count === 1 ? '1 active run' : `${count} active runs`;
}

const formatNumber = (value: number): string => String(Math.round(value * 10) / 10);
const formatGibibytes = (bytes: number): string => `${formatNumber(bytes / 1024 ** 3)} GiB`;
