import type { Expectation, PipelineChecks } from './check-settings.ts';

/**
 * Evaluates what a team expects of a pipeline run, from dlt's telemetry alone. What telemetry does not contain
 * is `unknown`, which never counts as passed. Pure functions.
 */

export type CheckStatus = 'failed' | 'unknown' | 'passed';

export interface CheckResult {
  /** The expectation in words, such as `orders: at least 1 row`. */
  check: string;
  status: CheckStatus;
  /** What was found, and where. */
  detail: string;
}

/** The results of one pipeline run, as stored. */
export interface StoredChecks {
  onFailure: PipelineChecks['onFailure'];
  results: CheckResult[];
}

/** What telemetry tells about one pipeline run and those before it. */
export interface CheckedRun {
  finishedAt: Date;
  /** Rows by table, of all packages that this run loaded. Null: dlt did not report them. */
  loadedRows: ReadonlyMap<string, number | null>;
  /** The lists of the trace were cut, so a missing table says nothing. */
  isCut: boolean;
  /** No earlier run of the pipeline is stored. */
  isFirst: boolean;
  hasSchemaMigration: boolean;
  /** When an earlier run last loaded rows to a table; only for tables of `listHistoryTables`. */
  lastLoads: ReadonlyMap<string, Date>;
  /** Columns of the schema that the run loaded with; null if no schema was reported. */
  findColumn: ((table: string, column: string) => ColumnHints | null) | null;
}

/** What dlt's schema says about a column. */
export interface ColumnHints {
  isNullable: boolean;
  /** Without a type, it exists only in the schema: every value so far was null. */
  hasType: boolean;
}

/** Evaluates all expectations, in their order. */
export function evaluateChecks(checks: PipelineChecks, run: CheckedRun): StoredChecks {
  return { onFailure: checks.onFailure, results: checks.expect.map((each) => evaluate(each, run)) };
}

/** Returns the worst status: one failed check fails the run, and one unknown check leaves it unknown. */
export function worstStatus({ results }: StoredChecks): CheckStatus {
  const statuses = new Set(results.map(({ status }) => status));
  if (statuses.has('failed')) return 'failed';
  return statuses.has('unknown') ? 'unknown' : 'passed';
}

/** Lists the tables whose earlier loads matter, each with the longest time to look back. */
export function listHistoryTables({ expect }: PipelineChecks): Map<string, number> {
  const tables = new Map<string, number>();
  for (const { table, freshWithinSeconds } of expect)
    if (table !== null && freshWithinSeconds !== null)
      tables.set(table, Math.max(freshWithinSeconds, tables.get(table) ?? 0));
  return tables;
}

/** Describes the failed checks of a pipeline run in one line. */
export function describeFailedChecks(pipelineName: string, { results }: StoredChecks): string {
  const failed = results.filter(({ status }) => status === 'failed');
  return `Checks of the pipeline ${pipelineName} failed: ${failed.map(({ check, detail }) => `${check} (${detail})`).join('; ')}.`;
}

function evaluate(expectation: Expectation, run: CheckedRun): CheckResult {
  const { table, column, freshWithinSeconds } = expectation;
  if (expectation.isSchemaUnchanged) return checkSchema(run);
  if (table === null) return unknown('unreadable', 'The expectation names no table');
  if (freshWithinSeconds !== null) return checkFreshness(table, freshWithinSeconds, run);
  if (expectation.noNulls && column !== null) return checkNulls(table, column, run);
  return checkRows(table, expectation, run);
}

function checkRows(
  table: string,
  { minRows, maxRows }: Pick<Expectation, 'minRows' | 'maxRows'>,
  run: CheckedRun,
): CheckResult {
  const check = `${table}: ${describeLimits(minRows, maxRows)}`;
  const rows = run.loadedRows.get(table);
  if (rows === null) return unknown(check, 'dlt did not report the rows of this load');
  if (rows === undefined && run.isCut) return unknown(check, 'the run loaded more tables than are kept');
  const count = rows ?? 0;
  const isOk = count >= (minRows ?? 0) && count <= (maxRows ?? Infinity);
  return { check, status: isOk ? 'passed' : 'failed', detail: `this run loaded ${formatRows(count)}` };
}

function checkFreshness(table: string, seconds: number, run: CheckedRun): CheckResult {
  const check = `${table}: rows loaded within ${formatSeconds(seconds)}`;
  const rows = run.loadedRows.get(table);
  if (rows !== null && rows !== undefined && rows > 0)
    return { check, status: 'passed', detail: `this run loaded ${formatRows(rows)}` };
  const last = run.lastLoads.get(table);
  const isFresh = last !== undefined && run.finishedAt.getTime() - last.getTime() <= seconds * 1000;
  if (last !== undefined && isFresh)
    return { check, status: 'passed', detail: `rows were last loaded at ${last.toISOString()}` };
  if (rows === null) return unknown(check, 'dlt did not report the rows of this load');
  if (rows === undefined && run.isCut) return unknown(check, 'the run loaded more tables than are kept');
  return { check, status: 'failed', detail: 'neither this run nor an earlier one in that time loaded any' };
}

function checkNulls(table: string, column: string, { findColumn }: CheckedRun): CheckResult {
  const check = `${table}.${column}: no nulls`;
  if (findColumn === null) return unknown(check, 'dlt reported no schema of this load');
  const hints = findColumn(table, column);
  if (hints === null) return unknown(check, 'the schema has no such column');
  if (!hints.hasType) return { check, status: 'failed', detail: 'every value so far was null' };
  if (!hints.isNullable)
    return { check, status: 'passed', detail: 'the schema forbids nulls, and dlt refuses them' };
  return unknown(check, 'the schema allows nulls, and dlt does not report whether there are any');
}

function checkSchema({ isFirst, hasSchemaMigration }: CheckedRun): CheckResult {
  const check = 'schema: unchanged';
  if (!hasSchemaMigration) return { check, status: 'passed', detail: 'this run changed no table' };
  if (isFirst) return { check, status: 'passed', detail: 'the first run created the tables' };
  return { check, status: 'failed', detail: 'this run changed tables of the destination' };
}

const unknown = (check: string, detail: string): CheckResult => ({ check, status: 'unknown', detail });

function describeLimits(minRows: number | null, maxRows: number | null): string {
  const parts = [
    minRows === null ? null : `at least ${formatRows(minRows)}`,
    maxRows === null ? null : `at most ${formatRows(maxRows)}`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

const formatRows = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** In the largest unit without a remainder, as it is written in the configuration. */
function formatSeconds(seconds: number): string {
  const unit = units.find(([, size]) => seconds % size === 0);
  return unit ? `${seconds / unit[1]}${unit[0]}` : `${seconds}s`;
}
