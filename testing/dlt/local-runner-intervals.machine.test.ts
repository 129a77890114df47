import * as fc from 'fast-check';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { JobDefinition } from '@pumphouse/server/domain/jobs/job-definition.ts';
import type { RunInterval } from '@pumphouse/server/domain/scheduling/run-interval.ts';
import { buildDefinition } from '@pumphouse/server/domain/jobs/test-definition.ts';
import {
  clockTriggers,
  hourMs,
  instants,
  plainStartInput,
} from '@pumphouse/server/domain/scheduling/test-clocks.ts';
import { decideStart } from '@pumphouse/server/domain/runs/start-decision.ts';
import { parseIsoInstant, recentOffsetChange } from '@pumphouse/server/domain/primitives/time-zone.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { propertySeed } from '../fixtures/property-seed.ts';
import { repositoryFolder } from '../fixtures/server.ts';

/** A start of a job that has never completed, which is the only case that dlt's local runner handles. */
interface Start {
  job: JobDefinition;
  trigger: string;
  now: Date;
  refresh: boolean;
}

const caseCount = 600;
/**
 * Its rules change between releases of the time zone database, of which Python and Node have separate copies.
 */
const unsettledZone = 'Africa/Casablanca';

const clocks = clockTriggers.filter(([cron, zone]) => !cron.includes('R') && zone !== unsettledZone);
const windows = fc.option(
  fc.record({
    shiftMs: fc.integer({ min: -200 * hourMs, max: 30 * hourMs }),
    lengthMs: fc.option(fc.integer({ min: 0, max: 300 * hourMs }), { nil: undefined }),
    isWallClock: fc.boolean(),
  }),
  { nil: undefined },
);
const startedBy = fc.constantFrom(
  'clock',
  'manual:jobs.m.f',
  'tag:nightly',
  'webhook:orders',
  'deployment:',
  'job.success:jobs.m.up',
);
const starts: fc.Arbitrary<Start> = fc
  .tuple(clocks, instants, windows, startedBy, fc.boolean())
  .map(([[clock, timezone], now, window, trigger, refresh]) => {
    const startMs = now.getTime() + (window?.shiftMs ?? 0);
    const write = (atMs: number) => new Date(atMs).toISOString().slice(0, window?.isWallClock ? 19 : 24);
    const interval = window && {
      start: write(startMs),
      ...(window.lengthMs !== undefined && { end: write(startMs + window.lengthMs) }),
    };
    const job = buildDefinition({
      triggers: [clock],
      default_trigger: clock,
      require: { timezone },
      ...(interval && { interval }),
    });
    return { job, trigger: trigger === 'clock' ? clock : trigger, now, refresh };
  })
  .filter((start) => !followsClockChange(start));

/**
 * Around a clock change dlt counts ticks in local time: a tick in the skipped hour may lie in the future, and
 * one in the repeated hour is skipped. The server counts instants (docs/decisions/0043).
 */
function followsClockChange({ job, now }: Start): boolean {
  const zone = job.require?.timezone ?? 'UTC';
  const { start, end } = job.interval ?? {};
  const bounds = [start, end].flatMap((bound) => (bound === undefined ? [] : [parseIsoInstant(bound, zone)]));
  return [now, ...bounds].some((at) => at !== null && recentOffsetChange(at.getTime(), zone) !== null);
}

/** The intervals that dlt's local runner, in Python, computes for these starts. */
async function askLocalRunner(asked: readonly Start[]): Promise<RunInterval[]> {
  const { python } = await prepareDltClient();
  const program = join(repositoryFolder, 'testing/dlt/resolve_intervals.py');
  const child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(asked.map((start) => JSON.stringify(start)).join('\n'));
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  expect(code).toBe(0);
  return output
    .trim()
    .split('\n')
    .map((line) => {
      const [start = '', end = ''] = JSON.parse(line) as string[];
      return { start: new Date(start), end: new Date(end) };
    });
}

const isOneInstant = ({ start, end }: RunInterval) => start.getTime() === end.getTime();

function decide({ job, trigger, now, refresh }: Start) {
  const origin = job.triggers.includes(trigger) ? 'tick' : 'event';
  return decideStart({ ...plainStartInput, origin, definition: job, trigger, now, refresh });
}

it("a first start and a refresh cover the same interval as in dlt's local runner", async () => {
  const drawn = fc.sample(starts, { seed: propertySeed, numRuns: caseCount });
  // A first run of a declared interval begins at its start; dlt does that only for a refresh
  // (docs/decisions/0043).
  const asked = drawn.map((start) => ({
    ...start,
    refresh: start.refresh || start.job.interval !== undefined,
  }));
  const answers = await askLocalRunner(asked);
  expect(answers).toHaveLength(caseCount);
  let coveringCount = 0;
  for (const [index, wanted] of answers.entries()) {
    const start = drawn[index] as Start;
    const decision = decide(start);
    const about = JSON.stringify(start);
    if (wanted.start < wanted.end) {
      coveringCount += 1;
      expect(decision, about).toMatchObject({ outcome: 'start', interval: wanted });
    } else if (isOneInstant(wanted) && !start.job.interval) {
      // When the clocks go forward, two ticks of an hourly cron are one instant: the server begins at the
      // tick before.
      expect(decision, about).toMatchObject({ outcome: 'start', interval: { end: wanted.end } });
    } else if (start.refresh || start.job.triggers.includes(start.trigger)) {
      // dlt returns an end before the start, and leaves the decision to its caller.
      expect(decision, about).toMatchObject({ outcome: 'skip' });
    } else if (decision.outcome === 'start') {
      expect(decision.interval, about).toEqual({ start: start.now, end: start.now });
    }
  }
  expect(coveringCount).toBeGreaterThan(caseCount / 2);
});
