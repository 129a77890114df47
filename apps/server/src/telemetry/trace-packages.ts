/**
 * Reads the load packages of a trace: the status of each, and which of its jobs actually reached the
 * destination.
 */
import type { LoadPackage } from './pipeline-run-details.ts';
import type { TraceStep } from './trace-steps.ts';
import {
  addCounts,
  readCount,
  readField,
  readFlag,
  readName,
  readRecord,
  readRecords,
  readTimestamp,
} from './tolerant-json.ts';
import type { JsonRecord } from './tolerant-json.ts';

export interface PackageJob {
  tableName: string;
  fileFormat: string | null;
  state: 'completed' | 'failed' | 'other';
  followUpJobIds: string[];
}

/** A package as in the last step that lists it, with the state of each job from the load step. */
export interface TracePackage {
  loadId: string;
  schemaName: string | null;
  schemaHash: string | null;
  loadStatus: string | null;
  hasSchemaMigration: boolean;
  completedAt: string | null;
  /** By job id. */
  jobs: Map<string, PackageJob>;
}

export interface LoadedCounts {
  rows: number | null;
  bytes: number | null;
}

/** Counts from the normalize step by load id: per table, and per file to load. */
export interface NormalizeMetrics {
  tables: Map<string, JsonRecord[]>;
  jobs: Map<string, JsonRecord[]>;
}

const MAX_PACKAGES = 1000;

/** Reports whether a table is dlt's own, in any case that the destination's naming convention gives it. */
export function isDltName(name: string): boolean {
  return name.toLowerCase().startsWith('_dlt');
}

export function readTracePackages(steps: TraceStep[]): Map<string, TracePackage> {
  const packages = new Map<string, TracePackage>();
  for (const step of steps) {
    for (const raw of step.packages) mergePackage(packages, raw);
  }
  for (const step of steps) {
    if (step.name !== 'load') continue;
    for (const metric of readRecords(step.info, 'job_metrics')) applyLoadJob(packages, metric);
  }
  return packages;
}

function mergePackage(packages: Map<string, TracePackage>, raw: JsonRecord): void {
  const loadId = readName(raw, 'load_id');
  if (loadId === null) return;
  const before = packages.get(loadId);
  if (!before && packages.size >= MAX_PACKAGES) return;
  packages.set(loadId, {
    loadId,
    schemaName: readName(raw, 'schema_name') ?? before?.schemaName ?? null,
    schemaHash: readName(raw, 'schema_hash') ?? before?.schemaHash ?? null,
    loadStatus: readName(raw, 'state') ?? before?.loadStatus ?? null,
    hasSchemaMigration: readFlag(raw, 'schema_migrated') || (before?.hasSchemaMigration ?? false),
    completedAt: readTimestamp(raw, 'completed_at') ?? before?.completedAt ?? null,
    jobs: readPackageJobs(raw),
  });
}

function readPackageJobs(raw: JsonRecord): Map<string, PackageJob> {
  const jobs = new Map<string, PackageJob>();
  for (const job of readRecords(raw, 'jobs')) {
    const jobId = readName(job, 'job_id');
    const tableName = readName(job, 'table_name');
    if (jobId === null || tableName === null) continue;
    const fileFormat = readName(job, 'file_format');
    jobs.set(jobId, { tableName, fileFormat, state: readJobState(job), followUpJobIds: [] });
  }
  return jobs;
}

function readJobState(raw: JsonRecord): PackageJob['state'] {
  const state = readField(raw, 'state');
  if (state === 'failed_jobs' || state === 'failed') return 'failed';
  return state === 'completed_jobs' || state === 'completed' ? 'completed' : 'other';
}

/**
 * A failing load leaves its package listing unchanged (`new_jobs`); only the load metrics show the failed
 * job.
 */
function applyLoadJob(packages: Map<string, TracePackage>, metric: JsonRecord): void {
  const jobId = readName(metric, 'job_id');
  const tableName = readName(metric, 'table_name');
  const jobs = packages.get(readName(metric, 'load_id') ?? '')?.jobs;
  if (jobId === null || tableName === null || !jobs) return;
  const listed = jobs.get(jobId);
  const followUps = readField(metric, 'followup_jobs');
  const state = readJobState(metric);
  jobs.set(jobId, {
    tableName,
    fileFormat: listed?.fileFormat ?? null,
    state: state === 'other' || listed?.state === 'failed' ? (listed?.state ?? 'other') : state,
    followUpJobIds: Array.isArray(followUps) ? followUps.filter((id) => typeof id === 'string') : [],
  });
}

export function readNormalizeMetrics(steps: TraceStep[]): NormalizeMetrics {
  const metrics: NormalizeMetrics = { tables: new Map(), jobs: new Map() };
  for (const step of steps) {
    // A load step has it if an earlier run normalized the package: the bootstrap has counted its rows.
    if (step.name !== 'normalize' && step.name !== 'load') continue;
    const info = readRecord(readField(step.raw, 'normalize_info'));
    groupByLoadId(metrics.tables, readRecords(info, 'table_metrics'));
    groupByLoadId(metrics.jobs, readRecords(info, 'job_metrics'));
  }
  return metrics;
}

function groupByLoadId(groups: Map<string, JsonRecord[]>, metrics: JsonRecord[]): void {
  for (const metric of metrics) {
    const loadId = readName(metric, 'load_id');
    if (loadId === null) continue;
    const group = groups.get(loadId);
    if (group) group.push(metric);
    else groups.set(loadId, [metric]);
  }
}

/**
 * Counts the rows and bytes loaded into each table of a package, from normalize metrics. For a completely
 * loaded package, uses its table metrics. Otherwise, counts only files that reached the destination:
 * completed, without a failed follow-up job and without one still due (a merge or a staged copy is not in the
 * table before its follow-up job ran). Null means unknown: an earlier run normalized the package, and its rows could not
 * be counted.
 */
export function countLoadedTables(
  tracePackage: TracePackage,
  metricsByLoadId: NormalizeMetrics,
): Map<string, LoadedCounts> {
  const { loadId, jobs } = tracePackage;
  const isWhole =
    tracePackage.loadStatus === 'loaded' && ![...jobs.values()].some(({ state }) => state === 'failed');
  const metrics = (isWhole ? metricsByLoadId.tables : metricsByLoadId.jobs).get(loadId) ?? [];
  const isKnown = metrics.length > 0 || tracePackage.loadStatus !== 'loaded';
  const counts = new Map<string, LoadedCounts>();
  for (const { tableName } of jobs.values()) {
    counts.set(tableName, isKnown ? { rows: 0, bytes: 0 } : { rows: null, bytes: null });
  }
  for (const metric of metrics) {
    const tableName = readName(metric, 'table_name');
    if (tableName === null || (!isWhole && !hasLoaded(tracePackage, readName(metric, 'job_id')))) continue;
    const before = counts.get(tableName) ?? { rows: 0, bytes: 0 };
    counts.set(tableName, {
      rows: addCounts(before.rows ?? 0, readCount(metric, 'items_count')),
      bytes: addCounts(before.bytes ?? 0, readCount(metric, 'file_size')),
    });
  }
  return counts;
}

function hasLoaded(tracePackage: TracePackage, jobId: string | null): boolean {
  const job = tracePackage.jobs.get(jobId ?? '');
  if (job?.state !== 'completed') return false;
  if (tracePackage.loadStatus !== 'loaded') return job.followUpJobIds.length === 0;
  return job.followUpJobIds.every((id) => tracePackage.jobs.get(id)?.state !== 'failed');
}

/**
 * Lists the packages to show. dlt extracts a package even without new data and drops it before normalize;
 * such a package is neither pending nor loaded, so it is omitted.
 */
export function describePackages(
  packages: Map<string, TracePackage>,
  countsByLoadId: Map<string, Map<string, LoadedCounts>>,
): LoadPackage[] {
  return [...packages.values()]
    .filter((each) => !isDropped(each))
    .map((each) => {
      const counts = [...(countsByLoadId.get(each.loadId) ?? [])].filter(([table]) => !isDltName(table));
      const states = [...each.jobs.values()].map(({ state }) => state);
      return {
        loadId: each.loadId,
        schemaName: each.schemaName,
        schemaHash: each.schemaHash,
        loadStatus: each.loadStatus,
        jobCount: states.length,
        completedJobCount: states.filter((state) => state === 'completed').length,
        failedJobCount: states.filter((state) => state === 'failed').length,
        totalRowsLoaded: sumReported(counts.map(([, { rows }]) => rows)),
        totalBytesLoaded: sumReported(counts.map(([, { bytes }]) => bytes)),
        isPending: each.loadStatus === 'extracted' || each.loadStatus === 'normalized',
        hasSchemaMigration: each.hasSchemaMigration,
        completedAt: each.completedAt,
      };
    });
}

function isDropped(tracePackage: TracePackage): boolean {
  return tracePackage.loadStatus === 'extracted' && tracePackage.jobs.size === 0;
}

function sumReported(counts: (number | null)[]): number | null {
  if (counts.some((count) => count === null)) return null;
  return counts.reduce<number>(addCounts, 0);
}
