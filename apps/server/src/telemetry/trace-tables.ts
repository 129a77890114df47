/** Reads the tables that a trace wrote to, with extracted and loaded counts and the outcome. */
import type { PipelineRunResource, PipelineRunTable } from './pipeline-run-details.ts';
import type { LoadedCounts, TracePackage } from './trace-packages.ts';
import { isDltName } from './trace-packages.ts';
import { readWriteDisposition } from './trace-resources.ts';
import type { TraceStep } from './trace-steps.ts';
import {
  addCounts,
  measureDurationMs,
  readCount,
  readField,
  readName,
  readRecords,
  readTimestamp,
} from './tolerant-json.ts';
import type { JsonRecord } from './tolerant-json.ts';

const MAX_TABLES = 5000;

interface TableRecord extends PipelineRunTable {
  loadStartedAt: string | null;
  loadFinishedAt: string | null;
}

type FindTable = (loadId: string | null, tableName: string | null) => TableRecord | undefined;

/** Lists the tables of a trace without dlt's own, in order of appearance; at most 5000. */
export function describeTables(
  steps: TraceStep[],
  packages: Map<string, TracePackage>,
  countsByLoadId: Map<string, Map<string, LoadedCounts>>,
  resources: PipelineRunResource[],
): PipelineRunTable[] {
  const tables = new Map<string, TableRecord>();
  const find: FindTable = (loadId, tableName) => findTable(tables, packages, loadId, tableName);
  for (const step of steps) {
    if (step.name === 'extract') addExtracted(step, find);
  }
  for (const [loadId, counts] of countsByLoadId) {
    for (const [tableName, count] of counts) addLoaded(find(loadId, tableName), count);
  }
  for (const tracePackage of packages.values()) addJobs(tracePackage, find);
  for (const step of steps) {
    if (step.name === 'load') addLoadTimes(step, find);
  }
  addWriteDispositions(tables, steps, find, resources);
  return [...tables.values()].map(describeTable);
}

function findTable(
  tables: Map<string, TableRecord>,
  packages: Map<string, TracePackage>,
  loadId: string | null,
  tableName: string | null,
): TableRecord | undefined {
  if (tableName === null || isDltName(tableName)) return undefined;
  const schemaName = packages.get(loadId ?? '')?.schemaName ?? '';
  const key = `${schemaName}\n${tableName}`;
  const found = tables.get(key);
  if (found || tables.size >= MAX_TABLES) return found;
  const added: TableRecord = {
    tableName,
    schemaName,
    rowsExtracted: null,
    bytesExtracted: null,
    rowsLoaded: 0,
    bytesLoaded: 0,
    fileFormat: null,
    loadJobState: null,
    loadDurationMs: null,
    writeDisposition: null,
    loadStartedAt: null,
    loadFinishedAt: null,
  };
  tables.set(key, added);
  return added;
}

function addExtracted(step: TraceStep, find: FindTable): void {
  for (const metric of readRecords(step.info, 'table_metrics')) {
    const table = find(readName(metric, 'load_id'), readName(metric, 'table_name'));
    if (!table) continue;
    table.rowsExtracted = addCounts(table.rowsExtracted ?? 0, readCount(metric, 'items_count'));
    table.bytesExtracted = addCounts(table.bytesExtracted ?? 0, readCount(metric, 'file_size'));
  }
}

/** An unknown count in one package makes the sum of the table unknown. */
function addLoaded(table: TableRecord | undefined, count: LoadedCounts): void {
  if (!table) return;
  table.rowsLoaded =
    table.rowsLoaded === null || count.rows === null ? null : addCounts(table.rowsLoaded, count.rows);
  table.bytesLoaded =
    table.bytesLoaded === null || count.bytes === null ? null : addCounts(table.bytesLoaded, count.bytes);
}

function addJobs(tracePackage: TracePackage, find: FindTable): void {
  const isNormalized = tracePackage.loadStatus !== 'new' && tracePackage.loadStatus !== 'extracted';
  for (const job of tracePackage.jobs.values()) {
    const table = find(tracePackage.loadId, job.tableName);
    if (!table) continue;
    // Merges and staged copies are follow-up jobs: their format is not that of the data.
    const isData = isNormalized && job.fileFormat !== 'sql' && job.fileFormat !== 'reference';
    if (isData) table.fileFormat ??= job.fileFormat;
    if (job.state === 'failed') table.loadJobState = 'failed';
    if (job.state === 'completed') table.loadJobState ??= 'completed';
  }
}

function addLoadTimes(step: TraceStep, find: FindTable): void {
  for (const metric of readRecords(step.info, 'job_metrics')) {
    const table = find(readName(metric, 'load_id'), readName(metric, 'table_name'));
    const startedAt = readTimestamp(metric, 'started_at');
    const finishedAt = readTimestamp(metric, 'finished_at');
    if (!table || startedAt === null || finishedAt === null) continue;
    if (table.loadStartedAt === null || startedAt < table.loadStartedAt) table.loadStartedAt = startedAt;
    if (table.loadFinishedAt === null || finishedAt > table.loadFinishedAt) table.loadFinishedAt = finishedAt;
  }
}

/**
 * A package lists a table's disposition if its schema changed; otherwise the hint of its resource applies.
 */
function addWriteDispositions(
  tables: Map<string, TableRecord>,
  steps: TraceStep[],
  find: FindTable,
  resources: PipelineRunResource[],
): void {
  for (const step of steps) {
    for (const raw of step.packages) addFromSchemaChange(raw, find);
  }
  const hints = new Map(resources.map((each) => [`${each.schemaName}\n${each.resourceName}`, each]));
  const owners = readTableOwners(steps, find);
  for (const table of tables.values()) {
    const owner = owners.get(table) ?? rootTableName(table.tableName);
    table.writeDisposition ??= hints.get(`${table.schemaName}\n${owner}`)?.writeDisposition ?? null;
  }
}

function addFromSchemaChange(raw: JsonRecord, find: FindTable): void {
  for (const change of readRecords(raw, 'tables')) {
    const table = find(readName(raw, 'load_id'), readName(change, 'name'));
    if (table) table.writeDisposition = readWriteDisposition(change) ?? table.writeDisposition;
  }
}

/** Maps each table to its resource, from the outputs of the load step. */
function readTableOwners(steps: TraceStep[], find: FindTable): Map<TableRecord, string> {
  const owners = new Map<TableRecord, string>();
  for (const output of steps.flatMap(({ info }) => readRecords(info, 'outputs'))) {
    const resourceName = readName(output, 'resource_name');
    const names = readField(output, 'tables');
    if (resourceName === null || !Array.isArray(names)) continue;
    for (const name of names) {
      const table = find(readName(output, 'load_id'), typeof name === 'string' && name !== '' ? name : null);
      if (table) owners.set(table, resourceName);
    }
  }
  return owners;
}

/**
 * Returns `orders` for the nested table `orders__lines`; dlt joins the names of nested tables with two
 * underscores.
 */
function rootTableName(tableName: string): string {
  const end = tableName.indexOf('__');
  return end > 0 ? tableName.slice(0, end) : tableName;
}

function describeTable({ loadStartedAt, loadFinishedAt, ...table }: TableRecord): PipelineRunTable {
  return { ...table, loadDurationMs: measureDurationMs(loadStartedAt, loadFinishedAt) };
}
