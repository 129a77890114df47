import { expect, test } from 'vitest';
import { sharePhases, sumPhases } from './phase-shares.ts';

const start = '2026-11-25T00:00:00.000Z';
const startMs = new Date(start).getTime();
const phase = (name: string, duration_ms: number | null) => ({
  name,
  attempt: 1,
  started_at: start,
  finished_at: duration_ms === null ? null : start,
  duration_ms,
});

test('phases share the bar by duration', () => {
  const shares = sharePhases([phase('queued', 1000), phase('running', 3000)], startMs);
  expect(shares.map(({ name, share }) => [name, share])).toEqual([
    ['queued', 0.25],
    ['running', 0.75],
  ]);
});

test('the phase in progress lasts until now', () => {
  const [, running] = sharePhases([phase('queued', 1000), phase('running', null)], startMs + 4000);
  expect(running).toMatchObject({ durationMs: 4000, isOn: true, share: 0.8 });
});

test('a phase without duration has a minimum share, and all shares fill the bar', () => {
  const shares = sharePhases(
    [phase('queued', 0), phase('environment', 2), phase('running', 900_000)],
    startMs,
  );
  expect(Math.min(...shares.map(({ share }) => share))).toBeGreaterThan(0.01);
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test('a run that was just created has a bar too', () => {
  expect(sharePhases([phase('queued', null)], startMs)).toMatchObject([{ share: 1, durationMs: 0 }]);
  expect(sharePhases([], startMs)).toEqual([]);
});

test('the phases of all attempts are summed by name', () => {
  const phases = [phase('queued', 5), phase('running', 100), phase('queued', 7), phase('running', null)];
  expect([...sumPhases(phases)]).toEqual([
    ['queued', 12],
    ['running', 100],
  ]);
});
