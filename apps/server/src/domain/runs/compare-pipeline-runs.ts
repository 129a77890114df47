/** The compared fields of a pipeline run. */
export interface ComparablePipelineRun {
  pipelineName: string;
  status: 'succeeded' | 'failed';
  durationMs: number | null;
  extractDurationMs: number | null;
  normalizeDurationMs: number | null;
  loadDurationMs: number | null;
  totalRowsLoaded: number;
  totalBytesLoaded: number;
  tables: readonly {
    tableName: string;
    schemaName: string;
    rowsLoaded: number | null;
    bytesLoaded: number | null;
  }[];
  loadPackages: readonly { schemaName: string | null; schemaHash: string | null }[];
}

export interface TableSums {
  rowsLoaded: number;
  bytesLoaded: number;
}

export interface PipelineSums extends TableSums {
  runCount: number;
  status: 'succeeded' | 'failed';
  /** Null if no run reported it. */
  durationMs: number | null;
  extractDurationMs: number | null;
  normalizeDurationMs: number | null;
  loadDurationMs: number | null;
  /** Hash of each loaded schema, by name; the last one if a name repeats. */
  schemas: { schemaName: string; versionHash: string }[];
}

/** Null if that side has no such entry. */
interface Sides<Sums> {
  before: Sums | null;
  after: Sums | null;
}

export type PipelineComparison = Sides<PipelineSums> & { pipelineName: string };
export type TableComparison = Sides<TableSums> & {
  pipelineName: string;
  schemaName: string;
  tableName: string;
};

/**
 * Compares the pipelines inside two job runs, paired by name. If a run ran a pipeline several times, such as
 * after a retry, their values are summed.
 * @param before oldest first, like `after`
 */
export function comparePipelineRuns(
  before: readonly ComparablePipelineRun[],
  after: readonly ComparablePipelineRun[],
): { pipelines: PipelineComparison[]; tables: TableComparison[] } {
  const pipelines = join(sumPipelines(before), sumPipelines(after));
  const tables = join(sumTables(before), sumTables(after));
  return {
    pipelines: pipelines.map(([pipelineName, sides]) => ({ pipelineName, ...sides })),
    tables: tables.map(([key, sides]) => {
      const [pipelineName = '', schemaName = '', tableName = ''] = key.split(nameSeparator);
      return { pipelineName, schemaName, tableName, ...sides };
    }),
  };
}

function sumPipelines(runs: readonly ComparablePipelineRun[]): Map<string, PipelineSums> {
  const byName = Map.groupBy(runs, ({ pipelineName }) => pipelineName);
  return new Map([...byName].map(([name, own]) => [name, sumRuns(own)]));
}

function sumRuns(runs: readonly ComparablePipelineRun[]): PipelineSums {
  const hashes = new Map<string, string>();
  for (const { loadPackages } of runs) {
    for (const { schemaName, schemaHash } of loadPackages)
      if (schemaName !== null && schemaHash !== null) hashes.set(schemaName, schemaHash);
  }
  return {
    runCount: runs.length,
    status: runs.some(({ status }) => status === 'failed') ? 'failed' : 'succeeded',
    rowsLoaded: sum(runs.map((run) => run.totalRowsLoaded)) ?? 0,
    bytesLoaded: sum(runs.map((run) => run.totalBytesLoaded)) ?? 0,
    durationMs: sum(runs.map((run) => run.durationMs)),
    extractDurationMs: sum(runs.map((run) => run.extractDurationMs)),
    normalizeDurationMs: sum(runs.map((run) => run.normalizeDurationMs)),
    loadDurationMs: sum(runs.map((run) => run.loadDurationMs)),
    schemas: [...hashes].sort(byKey).map(([schemaName, versionHash]) => ({ schemaName, versionHash })),
  };
}

/** No stored name contains it: Postgres accepts no text with it. */
const nameSeparator = '\0';

function sumTables(runs: readonly ComparablePipelineRun[]): Map<string, TableSums> {
  const sums = new Map<string, TableSums>();
  for (const { pipelineName, tables } of runs) {
    for (const { schemaName, tableName, rowsLoaded, bytesLoaded } of tables) {
      const key = [pipelineName, schemaName, tableName].join(nameSeparator);
      const known = sums.get(key) ?? { rowsLoaded: 0, bytesLoaded: 0 };
      sums.set(key, {
        rowsLoaded: known.rowsLoaded + (rowsLoaded ?? 0),
        bytesLoaded: known.bytesLoaded + (bytesLoaded ?? 0),
      });
    }
  }
  return sums;
}

/** Sums the known values; null if there are none. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function join<Sums>(before: Map<string, Sums>, after: Map<string, Sums>): [string, Sides<Sums>][] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys]
    .map((key): [string, Sides<Sums>] => [
      key,
      { before: before.get(key) ?? null, after: after.get(key) ?? null },
    ])
    .sort(byKey);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
