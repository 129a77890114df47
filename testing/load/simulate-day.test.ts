import { expect, it } from 'vitest';
import { simulateDay } from './simulate-day.ts';

const costs = { schedulerMs: 1, supervisorMs: 4, postgresStartMs: 1, postgresDriveMs: 4 };
const site = { schedulers: 1, supervisors: 1, postgresCores: 2, usablePart: 1 };

it('names the part that limits a site, and how far it is from that', () => {
  const day = { runs: 86_400 * 25, midnightPart: 0 };
  expect(simulateDay(costs, site, day)).toMatchObject({
    maxRunsPerSecond: 250,
    bottleneck: 'supervisor',
    averageLoad: 0.1,
    maxStartLagSeconds: 0,
    maxBeginLagSeconds: 0,
  });
  const more = { ...site, supervisors: 4 };
  expect(simulateDay(costs, more, day)).toMatchObject({ maxRunsPerSecond: 400, bottleneck: 'postgres' });
});

it('starts the runs of midnight as fast as the bottleneck allows', () => {
  const { maxBeginLagSeconds, maxStartLagSeconds, midnightSeconds } = simulateDay(costs, site, {
    runs: 10_000,
    midnightPart: 1,
  });
  // 1,000 starts a second by the scheduler, then 250 runs a second by the supervisor.
  const stepSeconds = 0.5;
  expect(Math.abs(maxStartLagSeconds - 10)).toBeLessThanOrEqual(stepSeconds);
  expect(Math.abs(maxBeginLagSeconds - 40)).toBeLessThanOrEqual(stepSeconds);
  expect(Math.abs(midnightSeconds - 40)).toBeLessThanOrEqual(stepSeconds);
});

it('shows a day that is too much as one that never ends', () => {
  const { averageLoad, midnightSeconds } = simulateDay(costs, site, {
    runs: 86_400 * 300,
    midnightPart: 0.1,
  });
  expect(averageLoad).toBeGreaterThan(1);
  expect(midnightSeconds).toBe(86_400);
});
