/** What is summed over pipeline runs. `timedCount` is how many of them have a duration. */
export const sumNames = [
  'runCount',
  'succeededCount',
  'timedCount',
  'schemaMigrationCount',
  'durationMs',
  'rowsExtracted',
  'rowsLoaded',
  'bytesLoaded',
] as const;

export type SumName = (typeof sumNames)[number];

/** Sums over pipeline runs, none above 2^53 - 1. */
export type RunSums = Record<SumName, number>;
