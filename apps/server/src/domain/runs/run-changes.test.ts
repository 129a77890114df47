import type { RunPhase } from './run-phases.ts';
import type { TimedPipelineRun, TimedRun, UsualRows } from './run-changes.ts';
import { describe, expect, it } from 'vitest';
import { listDurationChanges, listRowsChanges } from './run-changes.ts';

const at = new Date('2026-03-10T10:00:00Z');
const phase = (name: RunPhase['name'], durationMs: number | null): RunPhase => ({
  name,
  attempt: 1,
  startedAt: at,
  finishedAt: durationMs === null ? null : at,
  durationMs,
});
const pipelineRun = (change: Partial<TimedPipelineRun> = {}): TimedPipelineRun => ({
  pipelineName: 'shop',
  errorStep: null,
  extractDurationMs: 1000,
  normalizeDurationMs: 200,
  loadDurationMs: null,
  tables: [],
  ...change,
});
const run = (change: Partial<TimedRun> = {}): TimedRun => ({
  isFailed: false,
  phases: [phase('queued', 100), phase('environment', 2000), phase('running', 4000)],
  pipelineRuns: [pipelineRun()],
  ...change,
});

describe('changes of durations', () => {
  it('are left out below half a second, below 20 %, and of waiting', () => {
    const after = run({
      phases: [phase('queued', 90_000), phase('environment', 2400), phase('running', 4700)],
      pipelineRuns: [pipelineRun({ extractDurationMs: 1400, normalizeDurationMs: 10 })],
    });
    expect(listDurationChanges(run(), after)).toEqual([]);
  });

  it('are those of phases and of the steps of pipelines, summed over repetitions', () => {
    const after = run({
      phases: [phase('environment', 30_000), phase('environment', 10_000), phase('running', null)],
      pipelineRuns: [pipelineRun({ extractDurationMs: 4000 }), pipelineRun({ extractDurationMs: 5000 })],
    });
    expect(listDurationChanges(run(), after)).toEqual([
      { pipelineName: null, step: 'environment', beforeMs: 2000, afterMs: 40_000 },
      { pipelineName: 'shop', step: 'extract', beforeMs: 1000, afterMs: 9000 },
    ]);
  });

  it('of the running phase are left out if a step of a pipeline explains them', () => {
    const slow = run({ phases: [phase('running', 9000)] });
    expect(listDurationChanges(run(), slow)).toMatchObject([{ step: 'running', pipelineName: null }]);
    const explained = run({
      phases: [phase('running', 9000)],
      pipelineRuns: [pipelineRun({ extractDurationMs: 6000 })],
    });
    expect(listDurationChanges(run(), explained)).toMatchObject([{ step: 'extract' }]);
  });

  it('of a failed run are only longer ones', () => {
    const before = run({ phases: [phase('environment', 2000), phase('running', 9000)] });
    const failed = run({ isFailed: true, phases: [phase('environment', 8000), phase('running', 1000)] });
    expect(listDurationChanges(before, failed)).toMatchObject([{ step: 'environment' }]);
    expect(listDurationChanges(before, { ...failed, isFailed: false })).toHaveLength(2);
  });
});

describe('changes of the rows of a source', () => {
  const table = (rowsExtracted: number | null, tableName = 'orders') => ({
    schemaName: 'shop',
    tableName,
    rowsExtracted,
  });
  const usual = (usualRows: number, tableName = 'orders'): UsualRows => ({
    pipelineName: 'shop',
    schemaName: 'shop',
    tableName,
    usualRows,
    runCount: 7,
  });
  const rowsOf = (
    tables: TimedPipelineRun['tables'],
    usualRows: readonly UsualRows[],
    change: Partial<TimedPipelineRun> = {},
  ) => listRowsChanges(run({ pipelineRuns: [pipelineRun({ tables, ...change })] }), usualRows);

  it.each([
    [900, 1000, false],
    [501, 1000, false],
    [500, 1000, true],
    [1999, 1000, false],
    [2000, 1000, true],
    [0, 9, false],
    [0, 10, true],
    [3, 0, false],
    [500, 0, true],
  ])('with %d of usually %d rows: %s', (rows, usualRows, isListed) => {
    expect(rowsOf([table(rows)], [usual(usualRows)])).toHaveLength(isListed ? 1 : 0);
  });

  it('start with the largest difference, and leave out new tables and nested ones', () => {
    const tables = [table(0, 'customers'), table(9000), table(5, 'new'), table(null, 'orders__lines')];
    const usualRows = [usual(300, 'customers'), usual(300), usual(900, 'orders__lines')];
    const changed = { pipelineName: 'shop', schemaName: 'shop', usualRows: 300, usualRunCount: 7 };
    expect(rowsOf(tables, usualRows)).toEqual([
      { ...changed, tableName: 'orders', rows: 9000 },
      { ...changed, tableName: 'customers', rows: 0 },
    ]);
  });

  it('leave out fewer rows of a pipeline that failed while it extracted', () => {
    const tables = [table(1, 'customers'), table(9000)];
    const usualRows = [usual(300, 'customers'), usual(300)];
    expect(rowsOf(tables, usualRows, { errorStep: 'extract' })).toMatchObject([{ tableName: 'orders' }]);
    expect(rowsOf(tables, usualRows, { errorStep: 'load' })).toHaveLength(2);
  });
});
