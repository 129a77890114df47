/** Values summed over pipeline runs. `succeededTimedCount` counts the successful runs with a duration. */
export const sumNames = [
  'runCount',
  'succeededCount',
  'succeededTimedCount',
  'schemaMigrationCount',
  'durationMs',
  'succeededDurationMs',
  'rowsExtracted',
  'rowsLoaded',
  'bytesLoaded',
] as const;

export type SumName = (typeof sumNames)[number];

/** Sums over pipeline runs; none exceeds 2^53 - 1. */
export type RunSums = Record<SumName, number>;
