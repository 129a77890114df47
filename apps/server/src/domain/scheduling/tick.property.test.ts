import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { latestTick, listTicks, nextTick } from './cron.ts';
import { computeNextRunAt, listTicksFrom, listTicksUntil } from './next-run.ts';
import { computeRunInterval, nextScheduledRun } from './run-interval.ts';
import { decideStart } from '../runs/start-decision.ts';
import { decideTick, findTickAfter } from './tick-decision.ts';
import { clockTriggers, crons, hourMs, instants, plainStartInput, zones } from './test-clocks.ts';
import { buildDefinition } from '../jobs/test-definition.ts';
import { resolveDeclaredWindow } from './declared-interval.ts';

const runs = { seed: propertySeed, numRuns: caseCount(300) };

describe('tick properties', () => {
  it('each next tick is later, and is the latest tick at its own instant', () => {
    fc.assert(
      fc.property(crons, zones, instants, (cron, zone, start) => {
        let at = start;
        for (let step = 0; step < 12; step += 1) {
          const tick = getNextTick(cron, at, zone);
          expect(tick.getTime()).toBeGreaterThan(at.getTime());
          expect(latestTick(cron, tick, zone)?.at).toEqual(tick);
          at = tick;
        }
      }),
      runs,
    );
  });

  it('no tick lies between an instant and its next tick, or between its latest tick and the instant', () => {
    fc.assert(
      fc.property(crons, zones, instants, (cron, zone, at) => {
        const latest = latestTick(cron, at, zone)?.at ?? new Date(NaN);
        const next = getNextTick(cron, at, zone);
        expect(latest.getTime()).toBeLessThanOrEqual(at.getTime());
        expect(getNextTick(cron, latest, zone)).toEqual(next);
        expect(latestTick(cron, new Date(next.getTime() - 1), zone)?.at).toEqual(latest);
      }),
      runs,
    );
  });

  it('a list contains exactly the ticks found by stepping from tick to tick', () => {
    fc.assert(
      fc.property(crons, zones, instants, (cron, zone, from) => {
        const to = new Date(from.getTime() + 30 * hourMs);
        const walked: Date[] = [];
        let tick = getNextTick(cron, new Date(from.getTime() - 1), zone);
        while (tick <= to) {
          walked.push(tick);
          tick = getNextTick(cron, tick, zone);
        }
        const listed = listTicks(cron, from, to, zone).map((at) => at.getTime());
        expect([...new Set(listed)]).toEqual(walked.map((at) => at.getTime()));
      }),
      runs,
    );
  });
});

describe('interval properties', () => {
  it('runs at every tick, late or after an outage, cover time without gaps or overlaps', () => {
    const delays = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 0, max: 72 * hourMs })),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      fc.property(crons, zones, instants, delays, (cron, zone, start, delaysMs) => {
        const trigger = `schedule:${cron}`;
        let watermark: Date | null = null;
        let now = start;
        for (const delayMs of delaysMs) {
          const due: Date = nextScheduledRun(trigger, now, watermark, zone) ?? new Date(NaN);
          now = new Date(due.getTime() + delayMs);
          const interval = computeRunInterval(trigger, now, watermark, zone);
          if (watermark !== null) expect(interval.start).toEqual(watermark);
          expect(interval.end.getTime()).toBeGreaterThan(watermark?.getTime() ?? -Infinity);
          expect(interval.end.getTime()).toBeLessThanOrEqual(now.getTime());
          // Half-open: the end is the last elapsed tick, so the next tick is in the future.
          expect(getNextTick(cron, interval.end, zone).getTime()).toBeGreaterThan(now.getTime());
          watermark = interval.end;
        }
      }),
      runs,
    );
  });

  it('a run after missed ticks covers exactly what they would have covered', () => {
    fc.assert(
      fc.property(crons, zones, instants, fc.integer({ min: 2, max: 8 }), (cron, zone, start, missed) => {
        const trigger = `schedule:${cron}`;
        const before = getNextTick(cron, start, zone);
        let tick = before;
        let watermark = before;
        for (let count = 0; count < missed; count += 1) {
          tick = getNextTick(cron, tick, zone);
          const single = computeRunInterval(trigger, tick, watermark, zone);
          expect(single).toEqual({ start: watermark, end: tick });
          watermark = single.end;
        }
        expect(computeRunInterval(trigger, tick, before, zone)).toEqual({ start: before, end: watermark });
      }),
      runs,
    );
  });

  it('every: runs join without gaps, and late ones do not cause a burst', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 4 * hourMs }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 90 }), delays, (start, periodMinutes, delaysMs) => {
        const trigger = `every:${periodMinutes}m`;
        const periodMs = periodMinutes * 60_000;
        let previousRun: Date | null = null;
        let watermark: Date | null = null;
        let now = start;
        for (const delayMs of delaysMs) {
          const due: Date = nextScheduledRun(trigger, now, previousRun, 'UTC') ?? new Date(NaN);
          expect(due.getTime()).toBeGreaterThanOrEqual(now.getTime());
          expect(due.getTime()).toBeLessThanOrEqual(now.getTime() + periodMs);
          now = new Date(due.getTime() + delayMs);
          const interval = computeRunInterval(trigger, now, watermark, 'UTC');
          expect(interval).toEqual({ start: watermark ?? new Date(now.getTime() - periodMs), end: now });
          previousRun = due;
          watermark = interval.end;
        }
      }),
      runs,
    );
  });
});

/**
 * How far the clock moves between two scheduler iterations: mostly a little, sometimes far, sometimes back.
 */
const clockMoves = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 2 * hourMs }),
    fc.integer({ min: 0, max: 40 * hourMs }),
    fc.integer({ min: -9 * hourMs, max: 0 }),
  ),
  { minLength: 1, maxLength: 30 },
);

/** Moves the clock and handles due ticks, as the scheduler does. */
function pollRepeatedly(
  job: Parameters<typeof computeNextRunAt>[0],
  trigger: string,
  { start, moves }: { start: Date; moves: readonly number[] },
  decide: (seen: {
    due: Date;
    tick: Date;
    isMissed: boolean;
    now: Date;
    watermark: Date | null;
  }) => Date | null,
): Date | null {
  let now = start;
  let watermark: Date | null = null;
  let due = computeNextRunAt(job, trigger, now, { previousScheduledRun: null, lastCompletedEnd: null });
  for (const move of moves) {
    now = new Date(now.getTime() + move);
    if (due === null || due > now) continue;
    const { tickAt: tick, isMissed } = decideTick(job, { trigger, nextTickAt: due }, now);
    const before: Date | null = watermark;
    watermark = decide({ due, tick, isMissed, now, watermark: before });
    due = findTickAfter(job, trigger, { tickAt: tick, now, lastCompletedEnd: before });
  }
  return due;
}

describe('properties of a clock that advances, stands still or is set back', () => {
  it('ticks strictly increase, none is early, and the next one is after both the tick and now', () => {
    fc.assert(
      fc.property(clockTriggers, instants, clockMoves, ([trigger, timezone], start, moves) => {
        const job = buildDefinition({ triggers: [trigger], require: { timezone } });
        let last = start;
        const due = pollRepeatedly(job, trigger, { start, moves }, ({ due, tick, now, isMissed }) => {
          expect(due.getTime()).toBeGreaterThan(last.getTime());
          expect(tick.getTime()).toBeGreaterThanOrEqual(due.getTime());
          expect(tick.getTime()).toBeLessThanOrEqual(now.getTime());
          expect(isMissed).toBe(now.getTime() - tick.getTime() > 5 * 60_000);
          last = tick;
          return null;
        });
        expect(due?.getTime()).toBeGreaterThan(last.getTime());
      }),
      runs,
    );
  });

  it('completed runs join without gaps or overlaps, and each covers exactly what was missed', () => {
    fc.assert(
      fc.property(clockTriggers, instants, clockMoves, ([trigger, timezone], start, moves) => {
        const job = buildDefinition({ triggers: [trigger], require: { timezone } });
        pollRepeatedly(job, trigger, { start, moves }, ({ tick, now, watermark }) => {
          const { start: from, end } = computeRunInterval(trigger, now, watermark, timezone);
          if (watermark !== null) {
            expect(from).toEqual(watermark);
            // After a jump far ahead and back, the clock has nothing to cover for a while.
            if (end <= watermark) return watermark;
          }
          expect(end).toEqual(trigger.startsWith('every:') ? now : tick);
          return end;
        });
      }),
      runs,
    );
  });

  it('a `once:` trigger has one tick, whenever the scheduler runs', () => {
    fc.assert(
      fc.property(instants, instants, clockMoves, (instant, start, moves) => {
        const trigger = `once:${instant.toISOString()}`;
        const job = buildDefinition({ triggers: [trigger] });
        const ticks: Date[] = [];
        pollRepeatedly(job, trigger, { start, moves }, ({ tick }) => {
          ticks.push(tick);
          return null;
        });
        expect(ticks.length).toBeLessThanOrEqual(1);
        expect(ticks.every((tick) => tick.getTime() === instant.getTime())).toBe(true);
      }),
      runs,
    );
  });
});

describe('declared interval properties', () => {
  it('its runs cover it from start to end, nothing else, and then the clock stops', () => {
    const lengths = fc.option(fc.integer({ min: 0, max: 200 * hourMs }), { nil: undefined });
    const shifts = fc.integer({ min: -100 * hourMs, max: 20 * hourMs });
    fc.assert(
      fc.property(
        clockTriggers,
        instants,
        clockMoves,
        shifts,
        lengths,
        ([trigger, timezone], start, moves, shiftMs, lengthMs) => {
          const from = start.getTime() + shiftMs;
          const interval = {
            start: new Date(from).toISOString(),
            ...(lengthMs === undefined ? {} : { end: new Date(from + lengthMs).toISOString() }),
          };
          const job = buildDefinition({ triggers: [trigger], require: { timezone }, interval });
          const window = resolveDeclaredWindow(job, timezone);
          let covered = null as Date | null;
          pollRepeatedly(job, trigger, { start, moves }, ({ now, watermark }) => {
            const decision = decideStart({
              ...plainStartInput,
              definition: job,
              trigger,
              now,
              lastCompletedEnd: watermark,
            });
            if (decision.outcome !== 'start') return watermark;
            expect(decision.interval.start).toEqual(covered ?? window?.start);
            expect(decision.interval.end.getTime()).toBeGreaterThan(decision.interval.start.getTime());
            expect(decision.interval.end.getTime()).toBeLessThanOrEqual(window?.end?.getTime() ?? Infinity);
            covered = decision.interval.end;
            return covered;
          });
          const input = { previousScheduledRun: null, lastCompletedEnd: covered };
          const isOver = window?.end != null && covered !== null && covered >= window.end;
          expect(computeNextRunAt(job, trigger, start, input) === null).toBe(isOver);
        },
      ),
      runs,
    );
  });
});

function getNextTick(cron: string, after: Date, zone: string): Date {
  const tick = nextTick(cron, after, zone);
  if (tick === null) throw new Error(`no tick of '${cron}' after ${after.toISOString()}`);
  return tick;
}

describe('planned ticks', () => {
  it('up to an end are those that follow each other', () => {
    fc.assert(
      fc.property(
        clockTriggers,
        instants,
        fc.integer({ min: -2, max: 30 }),
        fc.option(fc.integer({ min: 0, max: 40 })),
        ([trigger, zone], now, hours, intervalHours) => {
          const definition = buildDefinition({
            triggers: [trigger],
            require: { timezone: zone },
            ...(intervalHours !== null && {
              interval: {
                start: '2010-01-01T00:00:00Z',
                end: new Date(now.getTime() + intervalHours * hourMs).toISOString(),
              },
            }),
          });
          const first = computeNextRunAt(definition, trigger, new Date(now.getTime() - hourMs), {
            previousScheduledRun: null,
            lastCompletedEnd: null,
          });
          if (first === null) return;
          const end = new Date(now.getTime() + hours * hourMs);
          const limit = 25;
          const walked = listTicksFrom(definition, trigger, { first, now, limit }).filter(
            (tick) => tick < end,
          );
          expect(listTicksUntil(definition, trigger, { first, now, end, limit })).toEqual(walked);
        },
      ),
      runs,
    );
  });
});
