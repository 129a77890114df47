import { isPlainObject } from '../domain/primitives/plain-object.ts';
import type { PipelineRunDetails, PipelineRunResource } from './pipeline-run-details.ts';
import {
  countLoadedTables,
  describePackages,
  isDltName,
  readNormalizeMetrics,
  readTracePackages,
} from './trace-packages.ts';
import type { LoadedCounts, TracePackage } from './trace-packages.ts';
import { describeResources } from './trace-resources.ts';
import { describeError, describeSteps, readTraceSteps, sumStepDurationMs } from './trace-steps.ts';
import type { TraceStep } from './trace-steps.ts';
import { describeTables } from './trace-tables.ts';
import {
  addCounts,
  measureDurationMs,
  readField,
  readName,
  readRecord,
  readTimestamp,
  refuseBeacon,
} from './tolerant-json.ts';
import type { JsonRecord, Parsed } from './tolerant-json.ts';

const MAX_KEY_LENGTH = 256;

/**
 * Parses a `trace` body of dlt (1.31, trace engine 2) for one pipeline run. Requires a transaction id, a
 * pipeline name and a list of steps; anything else that is missing or invalid becomes null or empty. Never
 * throws.
 *
 * Loaded rows are those of the normalize step whose package reached the destination. `_dlt*` tables are
 * excluded from tables, resources and totals.
 */
export function parseTrace(body: unknown): Parsed<PipelineRunDetails> {
  if (!isPlainObject(body)) return refuseBeacon('The trace is not a JSON object.');
  const transactionId = readKey(body, 'transaction_id');
  const pipelineName = readKey(body, 'pipeline_name');
  if (transactionId === null) return refuseBeacon('The trace has no usable transaction_id.');
  if (pipelineName === null) return refuseBeacon('The trace has no usable pipeline_name.');
  if (!Array.isArray(readField(body, 'steps'))) return refuseBeacon('The trace has no list of steps.');

  return { ok: true, details: { transactionId, pipelineName, ...describeTrace(body) } };
}

/** A key that is too long is rejected: two keys truncated to the same text would be confused. */
function readKey(body: JsonRecord, key: string): string | null {
  const value = readField(body, key);
  return typeof value === 'string' && value.length <= MAX_KEY_LENGTH ? readName(body, key) : null;
}

function describeTrace(body: JsonRecord): Omit<PipelineRunDetails, 'transactionId' | 'pipelineName'> {
  const traceSteps = readTraceSteps(body);
  const steps = describeSteps(traceSteps);
  const packages = readTracePackages(traceSteps);
  const countsByLoadId = countLoaded(traceSteps, packages);
  const loadPackages = describePackages(packages, countsByLoadId);
  const resources = describeResources(traceSteps, packages);
  const tables = describeTables(traceSteps, packages, countsByLoadId, resources);
  const totals = sumTotals(resources, countsByLoadId);
  const status = traceSteps.some(({ failed }) => failed) ? 'failed' : 'succeeded';
  const startedAt = readTimestamp(body, 'started_at');
  const finishedAt = readTimestamp(body, 'finished_at');
  return {
    status,
    startedAt,
    finishedAt,
    durationMs: measureDurationMs(startedAt, finishedAt),
    extractDurationMs: sumStepDurationMs(steps, 'extract'),
    normalizeDurationMs: sumStepDurationMs(steps, 'normalize'),
    loadDurationMs: sumStepDurationMs(steps, 'load'),
    ...describeDestination(traceSteps),
    sourceNames: listSourceNames(packages),
    ...totals,
    ...describeError(traceSteps),
    hasSchemaMigration: loadPackages.some((each) => each.hasSchemaMigration),
    hasFailedLoadJobs: loadPackages.some(({ failedJobCount }) => failedJobCount > 0),
    hasPendingPackages: loadPackages.some(({ isPending }) => isPending),
    isEmptyRun: status === 'succeeded' && totals.totalRowsExtracted === 0 && !hasUserJobs(packages),
    ...describeRuntime(readRecord(readField(body, 'execution_context'))),
    tables,
    loadPackages,
    resources,
    steps,
  };
}

function countLoaded(
  steps: TraceStep[],
  packages: Map<string, TracePackage>,
): Map<string, Map<string, LoadedCounts>> {
  const metrics = readNormalizeMetrics(steps);
  return new Map([...packages].map(([loadId, each]) => [loadId, countLoadedTables(each, metrics)]));
}

type Totals = Pick<
  PipelineRunDetails,
  'totalRowsExtracted' | 'totalBytesExtracted' | 'totalRowsLoaded' | 'totalBytesLoaded'
>;

/** Sums over the whole trace, even if the lists of tables and packages are truncated. */
function sumTotals(
  resources: PipelineRunResource[],
  countsByLoadId: Map<string, Map<string, LoadedCounts>>,
): Totals {
  const loaded = [...countsByLoadId.values()].flatMap((counts) =>
    [...counts].flatMap(([tableName, count]) => (isDltName(tableName) ? [] : [count])),
  );
  return {
    totalRowsExtracted: sumCounts(resources.map(({ rowsExtracted }) => rowsExtracted)),
    totalBytesExtracted: sumCounts(resources.map(({ bytesExtracted }) => bytesExtracted)),
    totalRowsLoaded: sumCounts(loaded.map(({ rows }) => rows)),
    totalBytesLoaded: sumCounts(loaded.map(({ bytes }) => bytes)),
  };
}

function sumCounts(counts: (number | null)[]): number {
  return counts.reduce<number>(addCounts, 0);
}

type Destination = Pick<PipelineRunDetails, 'destinationName' | 'destinationType' | 'datasetName'>;

/** Read from the last load step; `run` repeats the load info if the run failed outside of its own steps. */
function describeDestination(steps: TraceStep[]): Destination {
  const info = steps.findLast(({ name }) => name === 'load' || name === 'run')?.info ?? {};
  return {
    destinationName: readName(info, 'destination_name'),
    destinationType: readName(info, 'destination_type'),
    datasetName: readName(info, 'dataset_name'),
  };
}

function listSourceNames(packages: Map<string, TracePackage>): string[] {
  const names = [...packages.values()].flatMap(({ schemaName }) => (schemaName === null ? [] : [schemaName]));
  return [...new Set(names)];
}

/** A replaced table without rows has a job too: the run emptied it, so it was not an empty run. */
function hasUserJobs(packages: Map<string, TracePackage>): boolean {
  return [...packages.values()].some(({ jobs }) =>
    [...jobs.values()].some(({ tableName }) => !isDltName(tableName)),
  );
}

type Runtime = Pick<
  PipelineRunDetails,
  'dltVersion' | 'dltPlusVersion' | 'pythonVersion' | 'osName' | 'osVersion'
>;

function describeRuntime(context: JsonRecord): Runtime {
  const os = readRecord(readField(context, 'os'));
  return {
    dltVersion: readName(readRecord(readField(context, 'library')), 'version'),
    dltPlusVersion: readName(readRecord(readField(context, 'dlthub')), 'version'),
    pythonVersion: readName(context, 'python'),
    osName: readName(os, 'name'),
    osVersion: readName(os, 'version'),
  };
}
