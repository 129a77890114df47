import type {
  Persistence,
  Purged,
  Retention,
  RetentionKind,
  RetentionLimits,
  StorageReport,
} from '@pumphouse/server/operator';
import {
  createServerLog,
  formatBytes,
  formatLimit,
  openStorage,
  parseAge,
  readConfig,
  recordChange,
  limitEachAge,
  retentionKinds,
} from '@pumphouse/server/operator';
import { formatTable } from './table.ts';
import { actAsOperator } from './operator.ts';

/** Opens the storage of the data folder, with or without a running server. */
async function withRetention<T>(
  work: (retention: Retention, limits: RetentionLimits, persistence: Persistence) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  const opened = await openStorage(config, createServerLog({ ...config, logLevel: 'warn' }));
  try {
    return await actAsOperator(() => work(opened.retention, config.retention, opened.persistence));
  } finally {
    await opened.close();
  }
}

/** Prints the amount of stored data and its limits by kind, and what a purge would remove now. */
export async function showStorage(options: { json?: true }): Promise<void> {
  const reports = await withRetention(async (retention, limits, persistence) => [
    ...(await retention.report(limits)),
    await measurePending(persistence),
  ]);
  process.stdout.write(
    options.json ? `${JSON.stringify(reports.map(toJson), null, 2)}\n` : formatReports(reports),
  );
}

type ShownReport = Omit<StorageReport, 'kind'> & { kind: string };

/** What runs left for the next one. A run removes what exceeds the limits, which are for each workspace and profile. */
async function measurePending({ store }: Persistence): Promise<ShownReport> {
  const { maxDays, maxBytes } = readConfig().pendingPackages;
  const limit = { maxAgeSeconds: maxDays * 86_400, maxBytes };
  const next = { count: 0, bytes: 0 };
  return { kind: 'pending-packages', ...(await store.pendingPackages.measure(null)), limit, next };
}

function toJson({ kind, count, bytes, oldest, limit, next }: ShownReport) {
  return { kind, count, bytes, oldest, limit: formatLimit(limit), next };
}

function formatReports(reports: readonly ShownReport[]): string {
  const rows = reports.map(({ kind, count, bytes, oldest, limit, next }) => [
    kind,
    String(count),
    formatBytes(bytes),
    oldest?.toISOString().slice(0, 10) ?? '-',
    formatLimit(limit),
    next.count === 0 ? '-' : `${next.count} (${formatBytes(next.bytes)})`,
  ]);
  return formatTable([['KIND', 'COUNT', 'SIZE', 'OLDEST', 'LIMIT', 'REMOVED NEXT'], ...rows]);
}

/** Removes data past its limits, or older than a given age. */
export async function purgeStorage(options: {
  kind?: RetentionKind;
  olderThan?: string;
  dryRun?: true;
}): Promise<void> {
  const { kind, olderThan } = options;
  const dryRun = options.dryRun === true;
  const maxAgeSeconds = olderThan === undefined ? null : requireAge(olderThan);
  const purged = await withRetention(async (retention, configured, persistence) => {
    const limits = maxAgeSeconds === null ? configured : limitEachAge(maxAgeSeconds);
    const kinds = kind === undefined ? listKinds(maxAgeSeconds) : [kind];
    const result = await retention.purge({ kinds, limits, dryRun });
    if (!dryRun && kind === undefined) await retention.removeLostBlobs();
    if (!dryRun) await recordPurge(persistence, result, olderThan ?? null);
    return result;
  });
  process.stdout.write(formatPurged(purged, dryRun));
}

/** A manually given age does not apply to the audit log, unless it is named. */
function listKinds(maxAgeSeconds: number | null): readonly RetentionKind[] {
  return maxAgeSeconds === null ? retentionKinds : retentionKinds.filter((kind) => kind !== 'audit');
}

/** Recorded at the end: a purge removes data in many small transactions. */
async function recordPurge({ store }: Persistence, purged: Purged, olderThan: string | null): Promise<void> {
  const removed = Object.entries(purged).filter(([, { count }]) => count > 0);
  if (removed.length === 0) return;
  await recordChange(store, {
    action: 'storage.purge',
    target: { kind: 'storage', id: null, name: null },
    before: null,
    after: { older_than: olderThan, removed: Object.fromEntries(removed) },
  });
}

function requireAge(text: string): number {
  const seconds = parseAge(text);
  if (seconds === null)
    throw new Error(`--older-than must be an age like 30d, 12h, 30m or 10s, not "${text}".`);
  return seconds;
}

function formatPurged(purged: Purged, dryRun: boolean): string {
  const rows = Object.entries(purged).map(([kind, { count, bytes }]) => [
    kind,
    String(count),
    formatBytes(bytes),
  ]);
  return formatTable([['KIND', dryRun ? 'TO REMOVE' : 'REMOVED', 'SIZE'], ...rows]);
}
