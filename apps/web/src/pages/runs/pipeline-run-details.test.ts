import { expect, test } from 'vitest';
import { countTables, ownTables, shareSteps } from './pipeline-run-details.ts';

const table = (table_name: string, rows_loaded: number | null, load_job_state: string | null = null) => ({
  table_name,
  rows_loaded,
  load_job_state,
  schema_name: 'shop',
});
const step = (name: string, duration_ms: number | null, failed = false) => ({
  step: name,
  duration_ms,
  failed,
  started_at: null,
  finished_at: null,
});

test('loaded tables are counted without dlt tables', () => {
  const run = {
    tables: [
      table('orders', 12, 'completed'),
      table('charges', 8, 'failed'),
      table('_dlt_loads', 1),
      table('extracted', null),
    ],
  };
  expect(countTables(run)).toEqual({ loaded: 1, failed: 1 });
  expect(ownTables(run).map((each) => each.table_name)).toEqual(['orders', 'charges', 'extracted']);
  expect(countTables({})).toEqual({ loaded: 0, failed: 0 });
});

test('steps share the bar, without the step `run`', () => {
  const shares = shareSteps([
    step('extract', 3000),
    step('normalize', 1000),
    step('load', 0, true),
    step('run', 4000),
  ]);
  expect(shares.map(({ step: name, failed }) => [name, failed])).toEqual([
    ['extract', false],
    ['normalize', false],
    ['load', true],
  ]);
  expect(shares[2]?.share).toBeGreaterThan(0.03);
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test('steps of unknown duration share the bar evenly', () => {
  expect(shareSteps([step('extract', null), step('load', null)]).map(({ share }) => share)).toEqual([
    0.5, 0.5,
  ]);
});
