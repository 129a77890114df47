import type { ComparablePipelineRun } from './compare-pipeline-runs.ts';
import { describe, expect, it } from 'vitest';
import { comparePipelineRuns } from './compare-pipeline-runs.ts';

const run = (pipelineName: string, keys: Partial<ComparablePipelineRun> = {}): ComparablePipelineRun => ({
  pipelineName,
  status: 'succeeded',
  durationMs: 100,
  extractDurationMs: 50,
  normalizeDurationMs: 20,
  loadDurationMs: 30,
  totalRowsLoaded: 10,
  totalBytesLoaded: 1000,
  tables: [],
  loadPackages: [],
  ...keys,
});
const table = (tableName: string, rowsLoaded: number | null, bytesLoaded: number | null = null) => ({
  tableName,
  schemaName: 'shop',
  rowsLoaded,
  bytesLoaded,
});
const loaded = (schemaHash: string | null) => ({ schemaName: 'shop', schemaHash });

describe('comparing the pipelines of two runs', () => {
  it('pairs them by name, with null if a run did not run one', () => {
    const { pipelines } = comparePipelineRuns([run('b'), run('a')], [run('c'), run('a')]);
    expect(
      pipelines.map(({ pipelineName, before, after }) => [pipelineName, before?.runCount, after?.runCount]),
    ).toEqual([
      ['a', 1, 1],
      ['b', 1, undefined],
      ['c', undefined, 1],
    ]);
  });

  it('sums them if a run ran one several times', () => {
    const failed = run('a', { status: 'failed', durationMs: 7, loadDurationMs: null });
    const { pipelines } = comparePipelineRuns([failed, run('a')], []);
    expect(pipelines[0]?.before).toEqual({
      runCount: 2,
      status: 'failed',
      rowsLoaded: 20,
      bytesLoaded: 2000,
      durationMs: 107,
      extractDurationMs: 100,
      normalizeDurationMs: 40,
      loadDurationMs: 30,
      schemas: [],
    });
  });

  it('uses the schema of the last load', () => {
    const runs = [
      run('a', { loadPackages: [loaded('1'), loaded('2')] }),
      run('a', { loadPackages: [loaded(null)] }),
    ];
    const { pipelines } = comparePipelineRuns(runs, [run('a', { loadPackages: [loaded('3')] })]);
    expect(pipelines[0]?.before?.schemas).toEqual([{ schemaName: 'shop', versionHash: '2' }]);
    expect(pipelines[0]?.after?.schemas).toEqual([{ schemaName: 'shop', versionHash: '3' }]);
  });
});

it('pairs each table, with unknown values counted as zero', () => {
  const before = [run('a', { tables: [table('orders', 5, 50), table('old', null)] })];
  const after = [
    run('a', { tables: [table('orders', 6, 60)] }),
    run('a', { tables: [table('orders', 1, 10)] }),
    run('b', { tables: [table('orders', 3)] }),
  ];
  const { tables } = comparePipelineRuns(before, after);
  expect(tables).toEqual([
    {
      pipelineName: 'a',
      schemaName: 'shop',
      tableName: 'old',
      before: { rowsLoaded: 0, bytesLoaded: 0 },
      after: null,
    },
    {
      pipelineName: 'a',
      schemaName: 'shop',
      tableName: 'orders',
      before: { rowsLoaded: 5, bytesLoaded: 50 },
      after: { rowsLoaded: 7, bytesLoaded: 70 },
    },
    {
      pipelineName: 'b',
      schemaName: 'shop',
      tableName: 'orders',
      before: null,
      after: { rowsLoaded: 3, bytesLoaded: 0 },
    },
  ]);
});
