import { expect, it } from 'vitest';
import { listDeprecations } from './run-worker.ts';

it('former names that dlt warns about are listed once', () => {
  const line =
    "/venv/dlt/decorators.py:451: DltDeprecationWarning: `require.machine` is deprecated, use `require.instance` instead (e.g. `{'instance': {'size': 'medium'}}`). Deprecated in dlt 1.29.0 to be removed in 2.0.0.";
  expect(listDeprecations(`${line}\n  wrapper = _make_job_factory(**kwargs)\n${line}\nother\n`)).toEqual([
    "`require.machine` is deprecated, use `require.instance` instead (e.g. `{'instance': {'size': 'medium'}}`). Deprecated in dlt 1.29.0 to be removed in 2.0.0.",
  ]);
});
