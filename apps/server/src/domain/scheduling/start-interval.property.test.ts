import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { type DeclaredWindow, resolveDeclaredWindow } from './declared-interval.ts';
import { latestTick } from './cron.ts';
import type { JobDefinition } from '../jobs/job-definition.ts';
import { isEmptyInterval } from './run-interval.ts';
import { decideStart, type StartOrigin } from '../runs/start-decision.ts';
import { clockTriggers, hourMs, instants, plainStartInput } from './test-clocks.ts';
import { buildDefinition } from '../jobs/test-definition.ts';
import { parseTrigger } from '../jobs/trigger.ts';

const runs = { seed: propertySeed, numRuns: caseCount(200) };

/** All ways to start a job that has a clock; `clock` stands for its own trigger. */
const starts = fc.constantFrom<[StartOrigin, string]>(
  ['tick', 'clock'],
  ['request', 'clock'],
  ['freshness', 'clock'],
  ['promise', 'clock'],
  ['request', 'manual:jobs.m.f'],
  ['request', 'tag:nightly'],
  ['promise', 'tag:nightly'],
  ['request', 'pipeline_name:p'],
  ['event', 'job.success:jobs.m.up'],
  ['event', 'job.fail:jobs.m.up'],
  ['event', 'webhook:orders'],
  ['event', 'deployment:'],
  ['tick', 'once:2026-03-29T01:30:00Z'],
);
const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(
      fc.integer({ min: 0, max: 3 * hourMs }),
      fc.integer({ min: 0, max: 80 * hourMs }),
      fc.integer({ min: -5 * hourMs, max: 0 }),
    ),
    start: starts,
    refresh: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
    isCompleted: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    activeRunCount: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constant(1)),
  }),
  { minLength: 1, maxLength: 25 },
);
/** A declared interval that starts some hours from an instant, with or without an end. */
const declared = fc.option(
  fc.record({
    shiftMs: fc.integer({ min: -100 * hourMs, max: 30 * hourMs }),
    lengthMs: fc.option(fc.integer({ min: 0, max: 150 * hourMs }), { nil: undefined }),
  }),
  { nil: undefined },
);
const propagations = fc.constantFrom('auto' as const, 'auto' as const, 'always' as const, 'block' as const);

/** Computes the coverage that a refresh must have, from the definition alone. */
function requireCoverage(definition: JobDefinition, clock: string, zone: string, now: Date) {
  const window: DeclaredWindow | null = resolveDeclaredWindow(definition, zone);
  const trigger = parseTrigger(clock);
  const latest = trigger.type === 'schedule' ? latestTick(trigger.expr, now, zone)?.at : now;
  if (latest === undefined) throw new Error(`no tick of ${clock}`);
  const oneBack =
    trigger.type === 'schedule'
      ? latestTick(trigger.expr, new Date(latest.getTime() - 1), zone)?.at
      : new Date(now.getTime() - Number(trigger.expr) * 1000);
  const end = window?.end && window.end < latest ? window.end : latest;
  return { start: window?.start ?? oneBack, end };
}

describe("properties of a run's coverage, whatever starts it", () => {
  it('a refresh covers everything since the declared start, and runs join without gaps or overlaps', () => {
    fc.assert(
      fc.property(
        clockTriggers,
        instants,
        declared,
        propagations,
        steps,
        ([clock, timezone], from, shape, refresh_propagation, all) => {
          const startMs = from.getTime() + (shape?.shiftMs ?? 0);
          const definition = buildDefinition({
            triggers: [clock],
            require: { timezone },
            refresh_propagation,
            execute: { concurrency: null },
            ...(shape && {
              interval: {
                start: new Date(startMs).toISOString(),
                ...(shape.lengthMs !== undefined && {
                  end: new Date(startMs + shape.lengthMs).toISOString(),
                }),
              },
            }),
          });
          let now = from;
          let isPending = false;
          let covered: { start: Date; end: Date } | null = null;
          for (const step of all) {
            now = new Date(now.getTime() + step.waitMs);
            const [origin, named] = step.start;
            const trigger = named === 'clock' ? clock : named;
            const { activeRunCount } = step;
            const decision = decideStart({
              ...plainStartInput,
              definition,
              origin,
              trigger,
              now,
              activeRunCount,
              refresh: step.refresh || isPending,
              lastCompletedEnd: isPending ? null : (covered?.end ?? null),
            });
            if (decision.outcome !== 'start') {
              expect(decision).toMatchObject({ outcome: 'skip' });
              continue;
            }
            const { interval, refresh } = decision;
            expect(interval.end.getTime()).toBeGreaterThanOrEqual(interval.start.getTime());
            if (refresh) {
              // A refresh is never empty: everything it drops must be loaded again.
              expect(isEmptyInterval(interval)).toBe(false);
              expect(interval).toEqual(requireCoverage(definition, clock, timezone, now));
              isPending = !step.isCompleted;
              covered = step.isCompleted ? interval : null;
              continue;
            }
            if (isEmptyInterval(interval)) {
              expect(trigger).not.toBe(clock);
              continue;
            }
            if (trigger !== clock) expect(activeRunCount).toBe(0);
            const required = requireCoverage(definition, clock, timezone, now);
            expect(interval).toEqual({ start: covered?.end ?? required.start, end: required.end });
            if (step.isCompleted) covered = { start: covered?.start ?? interval.start, end: interval.end };
          }
        },
      ),
      runs,
    );
  });

  it('a refresh starts, or explains why there is nothing to cover, equally for each trigger', () => {
    fc.assert(
      fc.property(
        clockTriggers,
        instants,
        declared,
        starts,
        ([clock, timezone], now, shape, [origin, named]) => {
          const startMs = now.getTime() + (shape?.shiftMs ?? 0);
          const definition = buildDefinition({
            triggers: [clock],
            require: { timezone },
            ...(shape && { interval: { start: new Date(startMs).toISOString() } }),
          });
          const ask = (trigger: string) =>
            decideStart({ ...plainStartInput, definition, origin, trigger, now, refresh: true });
          const decision = ask(named === 'clock' ? clock : named);
          expect(decision).toEqual(ask(clock));
          const { start, end } = requireCoverage(definition, clock, timezone, now);
          if (start !== undefined && start < end) expect(decision).toMatchObject({ outcome: 'start' });
          else
            expect(decision).toMatchObject({
              outcome: 'skip',
              reasons: [expect.any(String), 'a refresh now would drop the loaded data and load nothing'],
            });
        },
      ),
      runs,
    );
  });
});
