import type { Expectation, PipelineChecks } from './check-settings.ts';

/**
 * Evaluates what a team expects of a pipeline, from dlt's telemetry of one attempt alone. What telemetry does not
 * contain is `unknown`, which never counts as passed. Pure functions.
 */

export type CheckStatus = 'failed' | 'unknown' | 'passed';

export interface CheckResult {
  /** The expectation in words, such as `orders: at least 1 row`. */
  check: string;
  status: CheckStatus;
  /** What was found, and where. */
  detail: string;
  /** The result is unknown because the pipeline or the table was not seen: treated like a failed check. */
  isUnseen?: true;
}

/** The results of one pipeline in one attempt, as stored. */
export interface StoredChecks {
  onFailure: PipelineChecks['onFailure'];
  results: CheckResult[];
}

/** Rows that an attempt loaded into a table. */
export interface LoadedRows {
  /** As far as dlt reported them. */
  rows: number;
  /** False: dlt did not report the rows of a load, so there may be more. */
  isComplete: boolean;
}

/** What telemetry tells about one pipeline in one attempt, however often it ran, and about attempts before. */
export interface CheckedRun {
  finishedAt: Date;
  /** The run did not complete, so it may have loaded only a part. */
  isPartial: boolean;
  /** Rows by table, of all packages that the attempt loaded. */
  loadedRows: ReadonlyMap<string, LoadedRows>;
  /** Tables of the expectations that the schema of the pipeline has. */
  seenTables: ReadonlySet<string>;
  /** The lists of a trace were cut, so a missing table says nothing. */
  isCut: boolean;
  /** No earlier attempt with this pipeline is stored. */
  isFirst: boolean;
  hasSchemaMigration: boolean;
  /** When an earlier run last loaded rows to a table; only for tables of `listHistoryTables`. */
  lastLoads: ReadonlyMap<string, Date>;
  /** Columns of the schemas that the attempt loaded with; null if no schema was reported. */
  findColumn: ((table: string, column: string) => ColumnHints | null) | null;
}

/** What dlt's schema says about a column. */
export interface ColumnHints {
  isNullable: boolean;
  /** Without a type, it is declared by the code and has had no value other than null. */
  hasType: boolean;
}

/** Evaluates all expectations, in their order. */
export function evaluateChecks(checks: PipelineChecks, run: CheckedRun): StoredChecks {
  return { onFailure: checks.onFailure, results: checks.expect.map((each) => evaluate(each, run)) };
}

/** The results of a pipeline that loaded nothing which could be checked: all are unknown. */
export function leaveUnchecked(
  { onFailure, expect }: PipelineChecks,
  detail: string,
  isUnseen: boolean,
): StoredChecks {
  return {
    onFailure,
    results: expect.map((each) => (isUnseen ? unseen : unknown)(describeExpectation(each), detail)),
  };
}

/** Returns the worst status: one failed check fails the run, and one unknown check leaves it unknown. */
export function worstStatus({ results }: StoredChecks): CheckStatus {
  const statuses = new Set(results.map(({ status }) => status));
  if (statuses.has('failed')) return 'failed';
  return statuses.has('unknown') ? 'unknown' : 'passed';
}

/** Lists the results that alerts report, and that fail a run if the configuration demands it. */
export function listMissed(results: readonly CheckResult[]): CheckResult[] {
  return results.filter(({ status, isUnseen }) => status === 'failed' || isUnseen === true);
}

/** Lists the tables that the expectations name. */
export function listCheckedTables({ expect }: PipelineChecks): string[] {
  return [...new Set(expect.flatMap(({ table }) => (table === null ? [] : [table])))];
}

/** Lists the tables whose earlier loads matter, each with the longest time to look back. */
export function listHistoryTables({ expect }: PipelineChecks): Map<string, number> {
  const tables = new Map<string, number>();
  for (const { table, freshWithinSeconds } of expect)
    if (table !== null && freshWithinSeconds !== null)
      tables.set(table, Math.max(freshWithinSeconds, tables.get(table) ?? 0));
  return tables;
}

/** Describes the missed checks of a pipeline in one line. */
export function describeMissedChecks(pipelineName: string, { results }: StoredChecks): string {
  const missed = listMissed(results).map(
    ({ check, status, detail }) => `${check} (${status === 'unknown' ? 'unknown: ' : ''}${detail})`,
  );
  return `Checks of the pipeline ${pipelineName} failed: ${missed.join('; ')}.`;
}

/** Describes an expectation as its results name it. */
function describeExpectation({ table, column, freshWithinSeconds, ...rules }: Expectation): string {
  if (rules.isSchemaUnchanged) return 'schema: unchanged';
  if (freshWithinSeconds !== null) return `${table}: rows loaded within ${formatSeconds(freshWithinSeconds)}`;
  if (rules.noNulls) return `${table}.${column}: no nulls`;
  return `${table}: ${describeLimits(rules.minRows, rules.maxRows)}`;
}

function evaluate(expectation: Expectation, run: CheckedRun): CheckResult {
  const { table, column, freshWithinSeconds } = expectation;
  const check = describeExpectation(expectation);
  if (expectation.isSchemaUnchanged) return checkSchema(check, run);
  if (table === null) return unknown(check, 'The expectation names no table');
  if (!run.loadedRows.has(table) && !run.seenTables.has(table))
    return run.isCut
      ? unknown(check, tooManyTables)
      : unseen(check, `table ${table} not seen: neither this run nor the schema of the pipeline has it`);
  if (freshWithinSeconds !== null) return checkFreshness(check, table, freshWithinSeconds, run);
  if (expectation.noNulls && column !== null) return checkNulls(check, { table, column }, run);
  return checkRows(check, { ...expectation, table }, run);
}

/** Reported rows are the least that were loaded: enough for a minimum, and for a maximum that they exceed. */
function checkRows(
  check: string,
  { table, minRows, maxRows }: { table: string } & Pick<Expectation, 'minRows' | 'maxRows'>,
  run: CheckedRun,
): CheckResult {
  const { rows, isComplete } = run.loadedRows.get(table) ?? { rows: 0, isComplete: !run.isCut };
  const detail = `this run loaded ${formatRows(rows)}`;
  if (rows > (maxRows ?? Infinity)) return { check, status: 'failed', detail };
  const hasMinimum = rows >= (minRows ?? 0);
  if (hasMinimum && maxRows === null) return { check, status: 'passed', detail };
  if (!isComplete) return unknown(check, run.loadedRows.has(table) ? rowsNotReported : tooManyTables);
  if (run.isPartial) return unknown(check, `the run failed after it loaded ${formatRows(rows)}`);
  return { check, status: hasMinimum ? 'passed' : 'failed', detail };
}

function checkFreshness(check: string, table: string, seconds: number, run: CheckedRun): CheckResult {
  const loaded = run.loadedRows.get(table);
  if (loaded && loaded.rows > 0)
    return { check, status: 'passed', detail: `this run loaded ${formatRows(loaded.rows)}` };
  const last = run.lastLoads.get(table);
  const isFresh = last !== undefined && run.finishedAt.getTime() - last.getTime() <= seconds * 1000;
  if (last !== undefined && isFresh)
    return { check, status: 'passed', detail: `rows were last loaded at ${last.toISOString()}` };
  if (loaded && !loaded.isComplete) return unknown(check, rowsNotReported);
  if (!loaded && run.isCut) return unknown(check, tooManyTables);
  return { check, status: 'failed', detail: 'neither this run nor an earlier one in that time loaded any' };
}

function checkNulls(
  check: string,
  { table, column }: { table: string; column: string },
  { findColumn, loadedRows }: CheckedRun,
): CheckResult {
  if (findColumn === null) return unknown(check, 'dlt reported no schema of this load');
  const hints = findColumn(table, column);
  if (hints === null) return unknown(check, noColumn);
  if (!hints.hasType)
    return (loadedRows.get(table)?.rows ?? 0) > 0
      ? { check, status: 'failed', detail: 'it has no type: every value so far was null' }
      : unknown(check, 'it has no type, because it has had no value');
  if (!hints.isNullable)
    return { check, status: 'passed', detail: 'the schema forbids nulls, and dlt refuses them' };
  return unknown(check, 'the schema allows nulls, and dlt does not report whether there are any');
}

const rowsNotReported = 'dlt did not report the rows of this load';
const tooManyTables = 'the run loaded more tables than are kept';

/** dlt reports a column once it has a type, unless the code declares it. */
const noColumn = 'the schema has no such column: dlt adds it with the first value that is not null';

function checkSchema(check: string, { isFirst, hasSchemaMigration }: CheckedRun): CheckResult {
  if (!hasSchemaMigration) return { check, status: 'passed', detail: 'this run changed no table' };
  if (isFirst) return { check, status: 'passed', detail: 'the first run created the tables' };
  return { check, status: 'failed', detail: 'this run changed tables of the destination' };
}

const unknown = (check: string, detail: string): CheckResult => ({ check, status: 'unknown', detail });
const unseen = (check: string, detail: string): CheckResult => ({
  ...unknown(check, detail),
  isUnseen: true,
});

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
