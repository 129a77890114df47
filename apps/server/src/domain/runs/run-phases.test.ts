import type { PhasedAttempt, PhasedRun } from './run-phases.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runStates } from '@pumphouse/contract';
import { listRunPhases } from './run-phases.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 10, 10, 0, seconds));
const run = (keys: Partial<PhasedRun> = {}): PhasedRun => ({
  status: 'running',
  createdAt: at(0),
  finishedAt: null,
  ...keys,
});
const attempt = (number: number, keys: Partial<PhasedAttempt>): PhasedAttempt => ({
  number,
  createdAt: at(0),
  environmentReadyAt: null,
  begunAt: null,
  startedAt: null,
  finishedAt: null,
  closedAt: null,
  waits: [],
  ...keys,
});
/**
 * Formats a phase, such as `running/1 4` for four seconds of the first attempt; `running/1 …` while it lasts.
 */
const describePhases = (...args: Parameters<typeof listRunPhases>) =>
  listRunPhases(...args).map(
    ({ name, attempt: number, durationMs }) =>
      `${name}/${number} ${durationMs === null ? '…' : durationMs / 1000}`,
  );

const prepared = { createdAt: at(2), environmentReadyAt: at(5), begunAt: at(6), startedAt: at(7) };
const over = { ...prepared, finishedAt: at(11), closedAt: at(12) };

describe('run phases', () => {
  it('are only the wait for a server before the first attempt', () => {
    expect(describePhases(run({ status: 'pending' }), [])).toEqual(['queued/1 …']);
    expect(describePhases(run({ status: 'cancelled', finishedAt: at(4) }), [])).toEqual(['queued/1 4']);
  });

  it('are only that wait while the attempt of a pending run exists just for its log', () => {
    const created = attempt(1, { createdAt: at(2) });
    expect(describePhases(run({ status: 'pending' }), [created])).toEqual(['queued/1 …']);
    expect(describePhases(run({ status: 'starting' }), [created])).toEqual(['queued/1 2', 'environment/1 …']);
  });

  it.each([
    ['builds its environment', { createdAt: at(2) }, ['queued/1 2', 'environment/1 …']],
    ['starts', { ...prepared, startedAt: null }, ['queued/1 2', 'environment/1 3', 'starting/1 …']],
    ['runs', prepared, ['queued/1 2', 'environment/1 3', 'starting/1 2', 'running/1 …']],
    [
      'has ended and is not recorded yet',
      { ...prepared, finishedAt: at(11) },
      ['queued/1 2', 'environment/1 3', 'starting/1 2', 'running/1 4', 'ending/1 …'],
    ],
  ])('include an open one while an attempt %s', (_, keys, phases) => {
    expect(describePhases(run(), [attempt(1, keys)])).toEqual(phases);
  });

  it('add up to the time from creation to end', () => {
    expect(describePhases(run({ status: 'completed', finishedAt: at(12) }), [attempt(1, over)])).toEqual([
      'queued/1 2',
      'environment/1 3',
      'starting/1 2',
      'running/1 4',
      'ending/1 1',
    ]);
  });

  it('split the time of the code where it waited for a database', () => {
    const wait = (from: number, to: number | null) => ({
      from: at(from).toISOString(),
      to: to === null ? null : at(to).toISOString(),
    });
    const phasesOf = (keys: Partial<PhasedAttempt>, ended: Partial<PhasedRun> = {}) =>
      describePhases(run(ended), [attempt(1, { ...prepared, ...keys })]).slice(3);
    const ended = { status: 'completed', finishedAt: at(12) } as const;
    expect(phasesOf({ waits: [wait(8, null)] })).toEqual(['running/1 1', 'waiting/1 …']);
    expect(phasesOf({ waits: [wait(8, 9)] })).toEqual(['running/1 1', 'waiting/1 1', 'running/1 …']);
    expect(phasesOf({ ...over, waits: [wait(7, 8), wait(8, 10)] }, ended)).toEqual([
      'running/1 0',
      'waiting/1 1',
      'running/1 0',
      'waiting/1 2',
      'running/1 1',
      'ending/1 1',
    ]);
    // Its end while it waits is not recorded as the end of the wait.
    expect(phasesOf({ ...over, waits: [wait(8, null)] }, ended)).toEqual([
      'running/1 1',
      'waiting/1 3',
      'ending/1 1',
    ]);
  });

  it('count the wait for the next attempt as part of that attempt', () => {
    const first = attempt(1, over);
    expect(describePhases(run({ status: 'pending' }), [first]).at(-1)).toBe('queued/2 …');
    const second = attempt(2, { createdAt: at(20), environmentReadyAt: at(20) });
    expect(describePhases(run({ status: 'starting' }), [first, second]).slice(-3)).toEqual([
      'queued/2 8',
      'environment/2 0',
      'starting/2 …',
    ]);
    const cancelled = run({ status: 'cancelled', finishedAt: at(30) });
    expect(describePhases(cancelled, [first]).slice(-2)).toEqual(['ending/1 1', 'queued/2 18']);
  });

  it('end in the phase in which the attempt ended', () => {
    const failed = run({ status: 'failed', finishedAt: at(9) });
    const ended = { finishedAt: at(9), closedAt: at(9) };
    expect(describePhases(failed, [attempt(1, { createdAt: at(2), ...ended })])).toEqual([
      'queued/1 2',
      'environment/1 7',
      'ending/1 0',
    ]);
    expect(describePhases(failed, [attempt(1, { ...prepared, startedAt: null, ...ended })])).toEqual([
      'queued/1 2',
      'environment/1 3',
      'starting/1 4',
      'ending/1 0',
    ]);
  });

  it('include no environment phase if none was recorded', () => {
    const old = attempt(1, { ...prepared, environmentReadyAt: null });
    expect(describePhases(run(), [old])).toEqual(['queued/1 2', 'starting/1 5', 'running/1 …']);
  });

  it('are empty for a skipped run', () => {
    expect(listRunPhases(run({ status: 'skipped', finishedAt: at(0) }), [])).toEqual([]);
  });
});

const instant = fc.integer({ min: 0, max: 100 }).map(at);
const maybe = fc.option(instant);
const times = fc.record({
  createdAt: instant,
  environmentReadyAt: maybe,
  begunAt: maybe,
  startedAt: maybe,
  finishedAt: maybe,
  closedAt: maybe,
});

it('are in order, without gaps, and add up, whatever the clocks', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...runStates.filter((status) => status !== 'skipped')),
      fc.array(times, { maxLength: 4 }),
      fc.integer({ min: 0, max: 100 }),
      (status, attempts, seconds) => {
        const isOver = ['completed', 'failed', 'cancelled'].includes(status);
        const seen = run({ status, finishedAt: isOver ? at(seconds) : null });
        const phases = listRunPhases(
          seen,
          attempts.map((one, index) => attempt(index + 1, one)),
        );
        expect(phases[0]?.startedAt).toEqual(seen.createdAt);
        for (const [index, { startedAt, finishedAt }] of phases.slice(1).entries()) {
          expect(startedAt).toEqual(phases[index]?.finishedAt);
          if (finishedAt) expect(finishedAt.getTime()).toBeGreaterThanOrEqual(startedAt.getTime());
        }
        expect(phases.slice(0, -1).every(({ finishedAt }) => finishedAt !== null)).toBe(true);
        if (!isOver) return;
        expect(phases.at(-1)?.finishedAt).toEqual(seen.finishedAt);
        const sumMs = phases.reduce((sum, { durationMs }) => sum + (durationMs ?? NaN), 0);
        expect(sumMs).toBe(seconds * 1000);
      },
    ),
    { seed: propertySeed },
  );
});
