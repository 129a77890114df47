import type { RunCosts } from './simulate-day.ts';

/** From `npm run load` on two cores, at the highest rate that they keep up with (docs/operate/scale.md). */
export const measuredCosts: RunCosts = {
  schedulerMs: 1.3,
  supervisorMs: 4.5,
  postgresStartMs: 1.5,
  postgresDriveMs: 6.5,
};
