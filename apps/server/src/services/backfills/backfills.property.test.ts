import type { BackfillMode } from '../../domain/backfills/window-states.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { activeRunStates } from '@pumphouse/contract';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { sortAndCoalesce } from '../../domain/scheduling/interval-store.ts';

let fixture: ServiceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());

const day = (number: number) => new Date(Date.UTC(2026, 0, 1 + number));
const scheduled = 'schedule:0 0 * * *';

type Action =
  | {
      do: 'create';
      from: number;
      length: number;
      chunk: number;
      parallel: number;
      newest: boolean;
      mode: BackfillMode;
    }
  | { do: 'tick' | 'advance' | 'release' | 'start' }
  | { do: 'complete' | 'fail'; which: number }
  | { do: 'pause' | 'resume' | 'cancel' | 'cancelRunning' | 'retry'; which: number };

const which = fc.nat(20);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      from: fc.nat(12),
      length: fc.integer({ min: 1, max: 12 }),
      chunk: fc.integer({ min: 1, max: 3 }),
      parallel: fc.integer({ min: 1, max: 4 }),
      newest: fc.boolean(),
      mode: fc.constantFrom<BackfillMode>('missing', 'failed'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('tick', 'advance', 'advance', 'release', 'start') }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('complete', 'complete', 'fail'), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('pause', 'resume', 'cancel', 'cancelRunning', 'retry'),
      which,
    }),
  },
);

/** A job in a workspace of its own, with what users, the clock and its runs do to it. */
async function createSubject(concurrency: number | null, declared: boolean) {
  const context = await createWorkspaceFixture(fixture);
  let today = 14;
  const setNow = () => {
    fixture.clock.now = new Date(day(today).getTime() + 1000);
  };
  setNow();
  const interval = declared ? { interval: { start: '2026-01-03' } } : {};
  await context.deployAll([
    defineJob('jobs.a', { triggers: [scheduled], execute: { concurrency }, ...interval }),
  ]);
  const { id: jobId } = await context.getJob('jobs.a');
  const { workspaceId, membershipId } = context;
  const list = async () =>
    (await fixture.readBackfills.list(workspaceId, {}, { limit: 100, offset: 0 })).items;

  async function advanceAll(): Promise<void> {
    for (const { backfill } of await list())
      while ((await fixture.advanceBackfills.advance(backfill.id)) === 'moved');
  }

  async function end(run: JobRunRecord | undefined, isCompleted: boolean): Promise<void> {
    if (!run) return;
    await context.setRun(run.id, { status: 'running', startedAt: new Date() });
    const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
    await fixture.finishRun(run.id, isCompleted ? { status: 'completed' } : { status: 'failed', failure });
  }

  const listStartable = async (runs?: JobRunRecord[]) =>
    (runs ?? (await context.listRuns('jobs.a'))).filter(
      ({ status, isQueued }) => status === 'pending' && !isQueued,
    );

  async function perform(act: Action): Promise<void> {
    const backfills = await list();
    switch (act.do) {
      case 'create':
        await fixture.createBackfills.create({
          workspaceId,
          membershipId,
          jobId,
          start: day(act.from),
          end: day(act.from + act.length),
          // Only runs that may overlap complete time before another one of them fails on it: `failed` loads that again.
          mode: concurrency === 1 ? act.mode : 'missing',
          chunkTicks: act.chunk,
          newestFirst: act.newest,
          parallel: act.parallel,
          profile: null,
          priority: null,
          maxFailures: null,
        });
        return;
      case 'tick':
        today += 1;
        setNow();
        await fixture.startRuns.startTick({ jobId, trigger: scheduled });
        return;
      case 'start':
        await context.startRun('jobs.a');
        return;
      case 'advance':
        return advanceAll();
      case 'release':
        await fixture.releaseQueued.release();
        return;
      case 'complete':
      case 'fail': {
        const startable = await listStartable();
        return end(startable[act.which % Math.max(1, startable.length)], act.do === 'complete');
      }
      default: {
        const backfill = backfills[act.which % Math.max(1, backfills.length)]?.backfill;
        if (!backfill) return;
        const scope = { workspaceId, backfillId: backfill.id };
        if (act.do === 'cancel' || act.do === 'cancelRunning')
          await fixture.changeBackfills.cancel(scope, act.do === 'cancelRunning');
        else if (act.do === 'retry') await fixture.changeBackfills.retry(scope, null);
        else await fixture.changeBackfills[act.do](scope);
      }
    }
  }

  /** Lets everything that is open end: resumed backfills, runs, and ticks until nothing is left. */
  async function settle(): Promise<void> {
    for (const { backfill } of await list())
      if (backfill.status === 'paused')
        await fixture.changeBackfills.resume({ workspaceId, backfillId: backfill.id });
    for (let round = 0; round < 60; round += 1) {
      await advanceAll();
      await fixture.releaseQueued.release();
      const startable = await listStartable();
      for (const run of startable) await end(run, true);
      const isOpen = (await list()).some(({ backfill }) => backfill.endedAt === null);
      if (startable.length === 0 && !isOpen) {
        const due = await context.startRun('jobs.a', { trigger: scheduled }).catch(() => null);
        if (due === null) return;
      }
    }
    throw new Error('It did not settle');
  }

  return {
    perform,
    settle,
    listRuns: () => context.listRuns('jobs.a'),
    getJob: () => context.getJob('jobs.a'),
    latest: () => day(today),
  };
}

interface Span {
  start: Date;
  end: Date;
}

const spanOf = ({ intervalStart: start, intervalEnd: end }: JobRunRecord): Span[] =>
  start && end && end > start ? [{ start, end }] : [];

/** Finds two of the spans that share time. */
function findOverlap(spans: readonly Span[]): [Span, Span] | null {
  const sorted = spans.toSorted((a, b) => a.start.getTime() - b.start.getTime());
  for (const [index, span] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next && next.start < span.end) return [span, next];
  }
  return null;
}

/** Errors that a user gets, not faults. */
const expectedRefusals = [
  'nothing_to_backfill',
  'too_many_backfills',
  'backfill_state',
  'nothing_to_retry',
  'start_declined',
];

it.each([
  [1, true],
  [3, true],
  [null, true],
  [1, false],
  [3, false],
])(
  'time is loaded once, whatever the schedule, users and backfills do at the same time (concurrency %s, declared %s)',
  async (concurrency, declared) => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 8, maxLength: 30 }), async (actions) => {
        const subject = await createSubject(concurrency, declared);
        for (const act of actions) {
          await subject.perform(act).catch((error: unknown) => {
            if (!(error instanceof ServiceError) || !expectedRefusals.includes(error.code)) throw error;
          });
          const runs = await subject.listRuns();
          const isActive = ({ status }: JobRunRecord) => activeRunStates.some((state) => state === status);
          const active = runs.filter((run) => isActive(run) && !run.isQueued);
          if (concurrency !== null) expect(active.length).toBeLessThanOrEqual(concurrency);
          // Regular runs may overlap each other if several may be active, as without backfills.
          const ofWindows = runs.filter(({ backfillId }) => backfillId !== null);
          const taken = ofWindows
            .filter((run) => isActive(run) || run.status === 'completed')
            .flatMap(spanOf);
          expect(findOverlap(taken)).toBeNull();
          for (const run of [...active, ...runs.filter(({ status }) => status === 'completed')]) {
            if (run.backfillId !== null) continue;
            expect([
              run.number,
              taken.filter((span) => spanOf(run).some((own) => findOverlap([own, span]))),
            ]).toEqual([run.number, []]);
          }
        }
        await subject.settle();
        const completed = (await subject.listRuns())
          .filter(({ status }) => status === 'completed')
          .flatMap(spanOf);
        if (concurrency === 1) expect(findOverlap(completed)).toBeNull();
        const { completedIntervalEnd } = await subject.getJob();
        if (declared) expect(completedIntervalEnd).toEqual(subject.latest());
        if (declared)
          expect(sortAndCoalesce(completed)).toMatchObject([{ start: day(2), end: subject.latest() }]);
      }),
      { seed: propertySeed, numRuns: caseCount(6), endOnFailure: true },
    );
  },
  120_000,
);
