import type { ActiveOfWorkspace, Claim, ClaimableRun, ClaimedRun } from '../store/records.ts';
import type { SupervisorIdentity } from '../domain/workers/supervisor-identity.ts';
import type { ActiveCounts, PendingRun } from '../domain/runs/claim-order.ts';
import type { Capacity, Demand, Pool, PoolName, PoolUse } from '../domain/runs/capacity.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { Store } from '../store/store.ts';
import { addDemand, demandOf, emptyUse } from '../domain/runs/capacity.ts';
import { chooseClaims } from '../domain/runs/claim-order.ts';
import { chooseInstanceLimits, readInstanceSize } from '../domain/attempts/instance-sizes.ts';

export interface ClaimRunsDependencies {
  store: Pick<Store, 'claims'>;
  /** Recorded as the owner of its claims, and what it may claim. */
  identity: SupervisorIdentity;
  /** Whether it takes new runs; it drives those that it has anyway. */
  isClaiming: () => boolean;
  leaseSeconds: number;
  instanceSizes: InstanceSizes;
  readCapacity: () => Promise<Capacity>;
  /** Why the executor should get no further run now; null if it may. */
  findObstacle: () => Promise<unknown>;
  /**
   * Ids of this server's unknown runs. They take no slot, because the server cannot see whether they are
   * still running.
   */
  unknownRunIds: ReadonlySet<string>;
}

/** State of a pool of this server at the last check. */
export interface PoolState {
  pool: Pool;
  use: PoolUse;
  /** A large run for which freed capacity is reserved. */
  reservedFor: { jobRunId: string } | null;
}

export type ClaimRuns = ReturnType<typeof createClaimRuns>;

interface Slot {
  jobRunId: string;
  name: PoolName;
  demand: Demand;
  jobId: string;
}

/**
 * Maximum runs of one workspace read per check. More than are claimed at once, unless only one workspace has
 * pending runs.
 */
const headsOfWorkspace = 20;
const poolNames = ['batch', 'apps'] as const;

/** Claims pending runs while this server has free slots, and tracks the capacity that its claims use. */
export function createClaimRuns(dependencies: ClaimRunsDependencies) {
  const { store, identity, leaseSeconds, instanceSizes, unknownRunIds } = dependencies;
  const slots = new Map<string, Slot>();
  const reserved: Record<PoolName, PoolState['reservedFor']> = { batch: null, apps: null };

  const sizeOf = (size: string | null) => chooseInstanceLimits(instanceSizes, readInstanceSize(size));
  const isApp = (name: PoolName) => name === 'apps';

  function useOf(name: PoolName): PoolUse {
    let use = emptyUse;
    for (const slot of slots.values())
      if (slot.name === name && !unknownRunIds.has(slot.jobRunId)) use = addDemand(use, slot.demand);
    return use;
  }

  function hold(claim: Claim, slot: Omit<Slot, 'jobRunId'>): void {
    slots.set(keyOf(claim), { ...slot, jobRunId: claim.jobRunId });
  }

  const hasActiveInstance = (jobId: string): boolean =>
    [...slots.values()].some((slot) => slot.name === 'apps' && slot.jobId === jobId);

  /**
   * Checks a pool once.
   * @returns the claims made, and whether there may be more claimable runs than were read
   */
  async function claimOnce(name: PoolName, pool: Pool): Promise<{ claims: Claim[]; hasMore: boolean }> {
    const none = { claims: [], hasMore: false };
    const use = useOf(name);
    // An app that replaces an active one needs no free slot; every batch run does.
    if (name === 'batch' && use.runs >= pool.maxRuns) return none;
    const rows = await store.claims.listClaimable(isApp(name), headsOfWorkspace, identity);
    if (rows.length === 0) {
      reserved[name] = null;
      return none;
    }
    const pending = rows.map((row) => ({
      ...toPendingRun(row, demandOf(sizeOf(row.size), pool)),
      jobId: row.jobId,
      replacesActive: name === 'apps' && hasActiveInstance(row.jobId),
    }));
    const active = toCounts(await store.claims.countActive(isApp(name)));
    const { chosen, reservedFor } = chooseClaims(pending, active, { pool, use });
    reserved[name] = reservedFor;
    if (chosen.length === 0) return none;
    const byId = new Map(chosen.map((run) => [run.jobRunId, run]));
    const claims = await store.claims.claim([...byId.keys()], identity, leaseSeconds);
    for (const claim of claims) {
      const run = byId.get(claim.jobRunId);
      if (run) hold(claim, { name, demand: run.demand, jobId: run.jobId });
    }
    return { claims, hasMore: claims.length > 0 && hasFullWorkspace(rows) };
  }

  return {
    /**
     * Claims until nothing claimable is left. Calls `onClaim` for each claim at once.
     * @returns whether runs were pending
     */
    async claimPending(onClaim: (claim: Claim) => void, signal: AbortSignal): Promise<boolean> {
      if (!dependencies.isClaiming()) return false;
      const capacity = await dependencies.readCapacity();
      const pending = await store.claims.readPending();
      if (!pending.batch && !pending.apps) {
        for (const name of poolNames) reserved[name] = null;
        return false;
      }
      if ((await dependencies.findObstacle()) !== null) return true;
      for (const name of poolNames) {
        if (!pending[name]) reserved[name] = null;
        for (let hasMore = pending[name]; hasMore;) {
          if (signal.aborted) return true;
          const found = await claimOnce(name, capacity[name]);
          found.claims.forEach(onClaim);
          hasMore = found.hasMore;
        }
      }
      return true;
    },

    /** Counts claims taken over from another server. They are driven whatever the capacity. */
    async adopt(claims: readonly Claim[]): Promise<void> {
      if (claims.length === 0) return;
      const capacity = await dependencies.readCapacity();
      const rows = await store.claims.describe(claims.map(({ jobRunId }) => jobRunId));
      const byId = new Map(rows.map((row) => [row.jobRunId, row]));
      for (const claim of claims) {
        const row = byId.get(claim.jobRunId);
        if (row) hold(claim, toSlot(row, capacity));
      }
    },

    /** Whether a run holds a slot of this server, under any claim. */
    holds: (jobRunId: string): boolean => [...slots.keys()].some((key) => key.startsWith(jobRunId)),

    release: (claim: Claim): void => void slots.delete(keyOf(claim)),

    async readPools(): Promise<Record<PoolName, PoolState>> {
      const capacity = await dependencies.readCapacity();
      const stateOf = (name: PoolName) => ({
        pool: capacity[name],
        use: useOf(name),
        reservedFor: reserved[name],
      });
      return { batch: stateOf('batch'), apps: stateOf('apps') };
    },
  };

  function toSlot(row: ClaimedRun, capacity: Capacity): Omit<Slot, 'jobRunId'> {
    const name = row.isApp ? 'apps' : 'batch';
    return { name, demand: demandOf(sizeOf(row.size), capacity[name]), jobId: row.jobId };
  }
}

const keyOf = ({ jobRunId, claimNumber }: Claim): string => `${jobRunId} ${claimNumber}`;

/** Whether a workspace may have more claimable runs than were read. */
function hasFullWorkspace(rows: readonly ClaimableRun[]): boolean {
  const byWorkspace = Map.groupBy(rows, (row) => row.workspaceId);
  return [...byWorkspace.values()].some((heads) => heads.length === headsOfWorkspace);
}

function toPendingRun(row: ClaimableRun, demand: Demand): Omit<PendingRun, 'replacesActive'> {
  const { jobRunId, organizationId, workspaceId, priority, createdAt, waitedSeconds, localDataLock } = row;
  return { jobRunId, organizationId, workspaceId, priority, createdAt, waitedSeconds, localDataLock, demand };
}

function toCounts(rows: readonly ActiveOfWorkspace[]): ActiveCounts {
  const organizations = new Map<string, number>();
  for (const { organizationId, count } of rows)
    organizations.set(organizationId, (organizations.get(organizationId) ?? 0) + count);
  return { organizations, workspaces: new Map(rows.map((row) => [row.workspaceId, row.count])) };
}
