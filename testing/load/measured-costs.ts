import type { RunCosts } from './simulate-day.ts';

/** From `npm run load -- --rate 100` on two cores, over a million runs of history (docs/operate/scale.md). */
export const measuredCosts: RunCosts = {
  schedulerMs: 1.1,
  supervisorMs: 4.2,
  postgresStartMs: 1,
  postgresDriveMs: 6.7,
};
