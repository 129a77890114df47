import type { Row } from './report.ts';
import { seedHistory } from './seed-history.ts';
import { summarize } from './samples.ts';

/**
 * A database with a long history of job runs and as many pipeline runs, migrated from the first migration to
 * the last.
 */
export async function measureMigration(runs: number): Promise<Row[]> {
  const history = await seedHistory({ runs, pipelineRuns: runs });
  await history.remove();
  const row = (name: string, unit: Row['unit'], value: number): Row => ({
    name,
    unit,
    figure: summarize([value]),
    baseline: null,
    goal: null,
  });
  const megabytes = (bytes: number) => bytes / 1024 ** 2;
  return [
    row(`rows written at 0001, ${runs.toLocaleString('en')} runs`, 's', history.seededMs / 1000),
    ...history.migrations.map(({ name, elapsedMs }) => row(name, 's', elapsedMs / 1000)),
    row('tables of runs with indexes, before', 'MB', megabytes(history.bytesBefore)),
    row('tables of runs with indexes, after', 'MB', megabytes(history.bytesAfter)),
  ];
}
