/** What is summed over pipeline runs. `succeededTimedCount` is how many of them succeeded and have a duration. */
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

/** Sums over pipeline runs, none above 2^53 - 1. */
export type RunSums = Record<SumName, number>;
