import type { PendingPackageResponse } from '@pumphouse/contract';
import { formatNoun } from '../../ui/format.ts';

type Packages = readonly Pick<PendingPackageResponse, 'table_names' | 'row_counts'>[];

/** Names the tables of packages, with the rows that are not loaded yet as far as they are known. */
export function describeTables(packages: Packages): string {
  const names = [...new Set(packages.flatMap((each) => each.table_names))];
  return names.map((name) => describeTable(name, packages)).join(', ');
}

function describeTable(name: string, packages: Packages): string {
  const counts = packages.flatMap((each) => each.row_counts).filter((each) => each.table_name === name);
  const known = counts.flatMap(({ rows }) => rows ?? []);
  if (known.length === 0) return name;
  const sum = known.reduce((total, rows) => total + rows, 0);
  return `${name} (${known.length < counts.length ? 'at least ' : ''}${formatNoun(sum, 'row')})`;
}
