/**
 * Finds what differs notably between a run and an earlier one: durations and rows of the source that are far
 * from the usual. Differences that occur between any two runs are left out. Pure functions.
 */
import type { RunPhase } from './run-phases.ts';
import { isNotableDuration } from '@pumphouse/contract';

/** A step with a notably different duration. */
export interface DurationChange {
  /** Null for a phase of the run. */
  pipelineName: string | null;
  /** Name of a phase, or of a step of a pipeline: extract, normalize, load. */
  step: string;
  beforeMs: number;
  afterMs: number;
}

/** The source rows of a table that are far from the usual number. */
export interface RowsChange {
  pipelineName: string;
  schemaName: string;
  tableName: string;
  /** Median of the earlier completed runs. */
  usualRows: number;
  /** Number of runs that the median is of. */
  usualRunCount: number;
  rows: number;
}

/** The extracted rows of a table. */
export interface ExtractedTable {
  pipelineName: string;
  schemaName: string;
  tableName: string;
  rows: number;
}

export interface UsualRows {
  pipelineName: string;
  schemaName: string;
  tableName: string;
  usualRows: number;
  runCount: number;
}

/** The fields of a pipeline run that this module reads. */
export interface TimedPipelineRun {
  pipelineName: string;
  errorStep: string | null;
  extractDurationMs: number | null;
  normalizeDurationMs: number | null;
  loadDurationMs: number | null;
  tables: readonly { schemaName: string; tableName: string; rowsExtracted: number | null }[];
}

export interface TimedRun {
  isFailed: boolean;
  phases: readonly RunPhase[];
  pipelineRuns: readonly TimedPipelineRun[];
}

/** Waiting has its own reasons, which the run shows. */
const comparedPhases: readonly RunPhase['name'][] = ['environment', 'starting', 'running', 'ending'];
const pipelineSteps = [
  ['extract', 'extractDurationMs'],
  ['normalize', 'normalizeDurationMs'],
  ['load', 'loadDurationMs'],
] as const;

/** Rows below and above these multiples of the usual number are far from it. */
const far = { below: 0.5, above: 2, atLeast: 10 };

/**
 * Lists steps with notably different durations. A failed run ended early, so only its longer steps are
 * listed. The running phase is left out if a step of a pipeline explains it.
 */
export function listDurationChanges(before: TimedRun, after: TimedRun): DurationChange[] {
  const old = sumDurations(before);
  const changes = [...sumDurations(after)].flatMap(([key, { durationMs: afterMs, ...step }]) => {
    const beforeMs = old.get(key)?.durationMs;
    if (beforeMs === undefined || !isNotableDuration(beforeMs, afterMs)) return [];
    return after.isFailed && afterMs < beforeMs ? [] : [{ ...step, beforeMs, afterMs }];
  });
  const isExplained = changes.some(({ pipelineName }) => pipelineName !== null);
  return changes.filter(({ step }) => !(isExplained && step === 'running'));
}

type SummedStep = Pick<DurationChange, 'pipelineName' | 'step'> & { durationMs: number };

function sumDurations({ phases, pipelineRuns }: TimedRun): Map<string, SummedStep> {
  const sums = new Map<string, SummedStep>();
  const add = (pipelineName: string | null, step: string, durationMs: number | null) => {
    if (durationMs === null) return;
    const key = JSON.stringify([pipelineName, step]);
    sums.set(key, { pipelineName, step, durationMs: durationMs + (sums.get(key)?.durationMs ?? 0) });
  };
  for (const { name, durationMs } of phases) if (comparedPhases.includes(name)) add(null, name, durationMs);
  for (const run of pipelineRuns)
    for (const [step, key] of pipelineSteps) add(run.pipelineName, step, run[key]);
  return sums;
}

/** Sums the extracted rows of a run by table. Nested tables have none of their own. */
export function sumExtractedRows(pipelineRuns: readonly TimedPipelineRun[]): ExtractedTable[] {
  const sums = new Map<string, ExtractedTable>();
  for (const { pipelineName, tables } of pipelineRuns) {
    for (const { schemaName, tableName, rowsExtracted } of tables) {
      if (rowsExtracted === null) continue;
      const key = JSON.stringify([pipelineName, schemaName, tableName]);
      const rows = rowsExtracted + (sums.get(key)?.rows ?? 0);
      sums.set(key, { pipelineName, schemaName, tableName, rows });
    }
  }
  return [...sums.values()];
}

/**
 * Lists tables whose source rows are far from the usual number, the largest difference first. A run that
 * failed while it extracted has not read all rows, so fewer rows mean nothing there.
 * @param usual of earlier completed runs
 */
export function listRowsChanges(run: TimedRun, usual: readonly UsualRows[]): RowsChange[] {
  const cut = new Set(
    run.pipelineRuns.flatMap((each) => (each.errorStep === 'extract' ? [each.pipelineName] : [])),
  );
  const usualByTable = new Map(usual.map((row) => [keyOf(row), row]));
  return sumExtractedRows(run.pipelineRuns)
    .flatMap((table): RowsChange[] => {
      const known = usualByTable.get(keyOf(table));
      if (!known || !isFar(table.rows, known.usualRows)) return [];
      if (cut.has(table.pipelineName) && table.rows < known.usualRows) return [];
      return [{ ...table, usualRows: known.usualRows, usualRunCount: known.runCount }];
    })
    .sort((one, other) => sizeOf(other) - sizeOf(one));
}

function isFar(rows: number, usualRows: number): boolean {
  if (Math.abs(rows - usualRows) < far.atLeast) return false;
  return rows <= usualRows * far.below || rows >= usualRows * far.above;
}

const sizeOf = ({ rows, usualRows }: RowsChange) => Math.abs(rows - usualRows);
const keyOf = (table: Pick<UsualRows, 'pipelineName' | 'schemaName' | 'tableName'>) =>
  JSON.stringify([table.pipelineName, table.schemaName, table.tableName]);
