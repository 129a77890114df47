import type { FaultPoints } from '../../platform/fault-points.ts';
import type { FileRemovalsDependencies } from './file-removals.ts';
import type { LostBlobsDependencies } from './lost-blobs.ts';
import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';
import type { Persistence } from '../../store/store.ts';
import type { RetainedKind } from './retained-kind.ts';
import type {
  RetentionKind,
  RetentionLimit,
  RetentionLimits,
} from '../../domain/retention/retention-limits.ts';
import type { StoredTotals } from '../../store/records.ts';
import { createFileRemovals } from './file-removals.ts';
import { createLostBlobs } from './lost-blobs.ts';
import { createRetainedCaches } from './caches.ts';
import { createRetainedEnvironments } from './environments.ts';
import { createRetainedPackages } from './packages.ts';
import { createStoredKind, pageSize } from './retained-kind.ts';
import { createSweepLocalData } from './local-data.ts';
import { createSweepPipelineFolders } from './pipeline-folders.ts';
import { decideRemovals } from '../../domain/retention/retention.ts';
import { retentionKinds } from '../../domain/retention/retention-limits.ts';

export type RetentionDependencies = FileRemovalsDependencies &
  LostBlobsDependencies & {
    persistence: Persistence<'localData' | 'pipelineFolders'> &
      Persistence<'alertDeliveries' | 'auditLog' | 'backfills' | 'storage'>;
    pendingLimits: PendingLimits;
    faultPoints: FaultPoints;
    now: () => Date;
  };

/** Windows of ended backfills that are removed at once. */
const removedWindows = 2000;

/** Totals that are removed, or would be. */
export interface RemovedTotals {
  count: number;
  bytes: number;
}

/** The stored amount and limit of a kind, and what currently exceeds the limit. */
export interface StorageReport extends StoredTotals {
  kind: RetentionKind;
  limit: RetentionLimit;
  next: RemovedTotals;
}

export interface PurgeOptions {
  kinds: readonly RetentionKind[];
  limits: RetentionLimits;
  /** Only report what would be removed. */
  dryRun: boolean;
  signal?: AbortSignal;
}

export type Purged = Partial<Record<RetentionKind, RemovedTotals>>;

export type Retention = ReturnType<typeof createRetention>;

/**
 * Creates the retention use case. A transaction marks or removes rows and records their files, then the files
 * are removed. Safe to run concurrently, in servers and from the command line. Nothing is removed without a
 * commit in the store.
 */
export function createRetention(dependencies: RetentionDependencies) {
  const { persistence, blobs, executor, faultPoints, now } = dependencies;
  const machine = { executor, workerId: dependencies.workerId ?? null };
  const removeFiles = createFileRemovals(dependencies);
  const removeLostBlobs = createLostBlobs(dependencies);
  const sweepLocalData = createSweepLocalData(persistence);
  const { maxDays } = dependencies.pendingLimits;
  const sweepPipelineFolders = createSweepPipelineFolders(persistence, maxDays);
  const retained: Record<RetentionKind, RetainedKind> = {
    runs: createStoredKind(persistence, (store) => store.storage.runs),
    logs: createStoredKind(persistence, (store) => store.storage.logs),
    traces: createStoredKind(persistence, (store) => store.storage.traces),
    beacons: createStoredKind(persistence, (store) => store.storage.beacons),
    packages: createRetainedPackages(persistence, blobs),
    environments: createRetainedEnvironments(persistence, machine),
    caches: createRetainedCaches(persistence, machine),
    audit: createStoredKind(persistence, (store) => store.auditLog.stored),
    'alert-deliveries': createStoredKind(persistence, (store) => store.alertDeliveries.stored),
  };

  /** @returns which of the ids were removed */
  async function removeAll(kind: RetainedKind, ids: readonly string[]): Promise<Set<string>> {
    const gone = new Set<string>();
    for (let from = 0; from < ids.length; from += pageSize) {
      for (const id of await kind.remove(ids.slice(from, from + pageSize))) gone.add(id);
      await faultPoints.reach('before-files-removed');
      await removeFiles();
    }
    return gone;
  }

  async function purgeKind(
    kind: RetainedKind,
    limit: RetentionLimit,
    { dryRun, signal }: Pick<PurgeOptions, 'dryRun' | 'signal'>,
  ): Promise<RemovedTotals> {
    const total: RemovedTotals = { count: 0, bytes: 0 };
    if (limit.maxAgeSeconds === null && limit.maxBytes === null) return total;
    const at = now();
    let bytesLeft = limit.maxBytes === null ? 0 : (await kind.measure()).bytes;
    for await (const page of kind.pages()) {
      if (signal?.aborted) break;
      const decision = decideRemovals(page, limit, bytesLeft, at);
      const ids = decision.removed.map((one) => one.id);
      const gone = dryRun ? new Set(ids) : await removeAll(kind, ids);
      const removed = decision.removed.filter((one) => gone.has(one.id));
      total.count += removed.length;
      total.bytes += removed.reduce((sum, one) => sum + one.bytes, 0);
      bytesLeft = decision.bytesLeft;
      if (decision.isDone) break;
    }
    return total;
  }

  /** Ended backfills are part of `runs`. Whether a window is missing does not depend on them: jobs keep what was completed. */
  async function removeBackfills({ maxAgeSeconds }: RetentionLimit, signal?: AbortSignal): Promise<void> {
    if (maxAgeSeconds === null) return;
    const endedBefore = new Date(now().getTime() - maxAgeSeconds * 1000);
    for (let isDone = false; !isDone;) {
      if (signal?.aborted) return;
      const removed = await persistence.store.backfills.removeEnded(endedBefore, removedWindows);
      isDone = removed.windows < removedWindows && removed.backfills === 0;
    }
  }

  return {
    /**
     * Removes what exceeds the limits, for each kind.
     * @returns what was removed, or would be with `dryRun`
     */
    async purge({ kinds, limits, dryRun, signal }: PurgeOptions): Promise<Purged> {
      if (!dryRun) {
        await sweepLocalData();
        await sweepPipelineFolders();
        await removeFiles();
      }
      const purged: Purged = {};
      for (const name of retentionKinds.filter((one) => kinds.includes(one))) {
        if (signal?.aborted) break;
        if (name === 'runs' && !dryRun) await removeBackfills(limits.runs, signal);
        purged[name] = await purgeKind(retained[name], limits[name], { dryRun, ...(signal && { signal }) });
      }
      return purged;
    },

    /**
     * Removes blobs left by killed servers.
     * @returns the number of removed blobs
     */
    removeLostBlobs: () => removeLostBlobs(now()),

    /** Measures what is stored of each kind, in all organizations. */
    async measure(): Promise<Pick<StorageReport, 'kind' | 'count' | 'bytes' | 'oldest'>[]> {
      const totals = [];
      // One after the other: each reads whole tables.
      for (const kind of retentionKinds) totals.push({ kind, ...(await retained[kind].measure()) });
      return totals;
    },

    async report(limits: RetentionLimits): Promise<StorageReport[]> {
      const reports: StorageReport[] = [];
      for (const kind of retentionKinds) {
        const [limit, totals] = [limits[kind], await retained[kind].measure()];
        const next = await purgeKind(retained[kind], limit, { dryRun: true });
        reports.push({ kind, ...totals, limit, next });
      }
      return reports;
    },
  };
}
