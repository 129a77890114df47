import { expect, it } from 'vitest';
import { comparePackages } from './compare-packages.ts';

it('lists packages that were added, removed or changed, by name', () => {
  const before = ['duckdb==1.3.2', 'dlt==1.31.0', 'Old_Name==1', '-e ./local'];
  const after = ['dlt==1.32.0', 'duckdb==1.3.2', 'zstd==2', 'old.name==1'];
  expect(comparePackages(before, after)).toEqual([
    { name: 'dlt', before: '1.31.0', after: '1.32.0' },
    { name: 'zstd', before: null, after: '2' },
  ]);
  expect(comparePackages(before, [])).toHaveLength(3);
  expect(comparePackages(after, after)).toEqual([]);
});
