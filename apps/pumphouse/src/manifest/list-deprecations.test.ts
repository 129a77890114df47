import { expect, it } from 'vitest';
import { listDeprecations } from './run-worker.ts';

it('former names that dlt warns about are listed once', () => {
  const line =
    "DltDeprecationWarning: `require.machine` is deprecated, use `require.instance` instead (e.g. `{'instance': {'size': 'medium'}}`). Deprecated in dlt 1.29.0 to be removed in 2.0.0.";
  expect(listDeprecations(`${line}\nUserWarning: slow\n${line}\nother\n`)).toEqual([
    "`require.machine` is deprecated, use `require.instance` instead (e.g. `{'instance': {'size': 'medium'}}`). Deprecated in dlt 1.29.0 to be removed in 2.0.0.",
  ]);
});
