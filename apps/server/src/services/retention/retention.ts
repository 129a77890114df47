import type { FaultPoints } from '../../platform/fault-points.ts';
import type { FileRemovalsDependencies } from './file-removals.ts';
import type { LostBlobsDependencies } from './lost-blobs.ts';
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
import { decideRemovals } from '../../domain/retention/retention.ts';
import { retentionKinds } from '../../domain/retention/retention-limits.ts';

export type RetentionDependencies = FileRemovalsDependencies &
  LostBlobsDependencies & { faultPoints: FaultPoints; now: () => Date };

/** What goes, or would. */
export interface RemovedTotals {
  count: number;
  bytes: number;
}

/** How much is kept of a kind, for how long, and what of it is past that now. */
export interface StorageReport extends StoredTotals {
  kind: RetentionKind;
  limit: RetentionLimit;
  next: RemovedTotals;
}

export interface PurgeOptions {
  kinds: readonly RetentionKind[];
  limits: RetentionLimits;
  /** Only says what would go. */
  dryRun: boolean;
  signal?: AbortSignal;
}

export type Purged = Partial<Record<RetentionKind, RemovedTotals>>;

export type Retention = ReturnType<typeof createRetention>;

/**
 * Removes what has passed its limits: in a transaction the rows are marked or removed and the files noted, then the files go. May
 * run several times at once, in servers and beside them. Nothing is removed that the store did not let go of.
 */
export function createRetention(dependencies: RetentionDependencies) {
  const { persistence, blobs, executor, faultPoints, now } = dependencies;
  const removeFiles = createFileRemovals(dependencies);
  const removeLostBlobs = createLostBlobs(dependencies);
  const retained: Record<RetentionKind, RetainedKind> = {
    runs: createStoredKind(persistence, (store) => store.storage.runs),
    logs: createStoredKind(persistence, (store) => store.storage.logs),
    traces: createStoredKind(persistence, (store) => store.storage.traces),
    beacons: createStoredKind(persistence, (store) => store.storage.beacons),
    packages: createRetainedPackages(persistence, blobs),
    environments: createRetainedEnvironments(persistence, executor),
    caches: createRetainedCaches(persistence, executor),
    audit: createStoredKind(persistence, (store) => store.auditLog.stored),
  };

  /** @returns the ids that went, of those that should */
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

  return {
    /** Removes of each kind what has passed its limit. @returns what went, or with `dryRun` would go */
    async purge({ kinds, limits, dryRun, signal }: PurgeOptions): Promise<Purged> {
      if (!dryRun) await removeFiles();
      const purged: Purged = {};
      for (const name of retentionKinds.filter((one) => kinds.includes(one))) {
        if (signal?.aborted) break;
        purged[name] = await purgeKind(retained[name], limits[name], { dryRun, ...(signal && { signal }) });
      }
      return purged;
    },

    /** Blobs that servers left which were killed. @returns how many */
    removeLostBlobs: () => removeLostBlobs(now()),

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
