import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { RunState } from '@pumphouse/contract';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createCountRuns } from './count-runs.ts';
import { createReadRunSeries } from './read-run-series.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { isTerminalRunState, runStates } from '@pumphouse/contract';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

let fixture: ServiceFixture;
let workspaceId: string;
let modelRunId: string;

beforeAll(async () => {
  fixture = await createServiceFixture();
  const context = await createWorkspaceFixture(fixture);
  workspaceId = context.workspaceId;
  await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
  modelRunId = (await context.startRun('jobs.a')).id;
  // Far from the times of the test: the other runs are copied from this one.
  await context.setRun(modelRunId, { createdAt: new Date('2001-01-01') });
});
afterEach(() =>
  fixture.database.execute('delete from job_runs where workspace_id = $1 and id <> $2', [
    workspaceId,
    modelRunId,
  ]),
);
afterAll(() => fixture.close());

type Change =
  | { kind: 'add'; runs: { number: number; createdAt: Date; status: RunState }[] }
  | { kind: 'set'; numbers: number[]; status: RunState }
  | { kind: 'move'; numbers: number[]; createdAt: Date }
  | { kind: 'remove'; numbers: number[] };

/** Runs of these days are counted in several rows per quarter hour, earlier ones in one. */
const spreadDays = ['2097-03-31', '2097-10-27'];
const number = fc.integer({ min: 2, max: 30 });
const numbers = fc.array(number, { minLength: 1, maxLength: 8 });
const status = fc.constantFrom(...runStates);
/** Often at the start of hours, days or quarter hours of some zone, and at clock changes. */
const instant = fc
  .tuple(
    fc.constantFrom('2025-10-25', '2025-10-26', '2026-03-08', '2026-03-29', '2026-04-05', ...spreadDays),
    fc.oneof(
      fc.constantFrom(0, 1, 899_999, 900_000, 3_600_000, 18.25 * 3_600_000, 18.5 * 3_600_000, 86_399_999),
      fc.integer({ min: 0, max: 86_399_999 }),
    ),
  )
  .map(([day, ms]) => new Date(Date.parse(`${day}T00:00:00Z`) + ms));
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .uniqueArray(fc.record({ number, createdAt: instant, status }), {
        selector: (run) => run.number,
        minLength: 1,
        maxLength: 12,
      })
      .map((runs): Change => ({ kind: 'add', runs })),
  },
  fc.record({ kind: fc.constant('set' as const), numbers, status }),
  fc.record({ kind: fc.constant('move' as const), numbers, createdAt: instant }),
  fc.record({ kind: fc.constant('remove' as const), numbers }),
);

type Sql = Pick<ServiceFixture['database'], 'execute'>;

async function apply(sql: Sql, made: Change): Promise<void> {
  if (made.kind === 'add') {
    await sql.execute(
      `insert into job_runs (workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
                             trigger_kind, profile, created_at)
       select model.workspace_id, model.job_id, model.job_version_id, model.deployment_id, model.configuration_id, run.number,
              run.status, model.trigger, model.trigger_kind, model.profile, run."createdAt"
         from json_to_recordset($2) as run (number int, status text, "createdAt" timestamptz)
        cross join (select * from job_runs where id = $1) as model
       on conflict (job_id, number) do nothing`,
      [modelRunId, JSON.stringify(made.runs)],
    );
    return;
  }
  const whose = 'workspace_id = $1 and number = any($2)';
  const values = [workspaceId, made.numbers];
  if (made.kind === 'remove') await sql.execute(`delete from job_runs where ${whose}`, values);
  else if (made.kind === 'set')
    await sql.execute(`update job_runs set status = $3 where ${whose}`, [...values, made.status]);
  else await sql.execute(`update job_runs set created_at = $3 where ${whose}`, [...values, made.createdAt]);
}

it('each bucket of a series equals the run list for its start and end, after any changes to the runs', async () => {
  const readRunSeries = createReadRunSeries(fixture.persistence, () => new Date('2026-03-08T12:00:00Z'));
  const seen = { runs: 0, filledBuckets: 0 };
  const cases = fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 8 }),
    timezone: fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
    ),
    bucket: fc.constantFrom('hour' as const, 'day' as const),
    start: instant,
    lengthMs: fc.integer({ min: 1, max: 3 * 86_400_000 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ changes, timezone, bucket, start, lengthMs }) => {
      for (const made of changes) await apply(fixture.database, made);
      const end = new Date(start.getTime() + lengthMs);
      const window = { start: start.toISOString(), end: end.toISOString(), timezone };
      const { buckets, total } = await readRunSeries(workspaceId, { window, bucket });
      expect(buckets[0]?.startMs).toBeLessThanOrEqual(start.getTime());
      expect(buckets.at(-1)?.endMs).toBeGreaterThanOrEqual(end.getTime());
      for (const { startMs, endMs, counts } of buckets) {
        const within = { start: new Date(startMs), end: new Date(endMs), includeSystemJobs: true };
        const list = await fixture.store.runOverviews.list(workspaceId, within);
        const { rows } = await list.read({ limit: 100, offset: 0 });
        const expected = { completed: 0, failed: 0, cancelled: 0, skipped: 0, active: 0 };
        for (const run of rows) {
          const name = isTerminalRunState(run.status) ? run.status : 'active';
          expected[name] += 1;
        }
        expect(counts).toEqual(expected);
        seen.runs += rows.length;
        seen.filledBuckets += rows.length > 0 ? 1 : 0;
      }
      const sum = (name: keyof typeof total) => buckets.reduce((all, { counts }) => all + counts[name], 0);
      expect(total).toEqual({
        completed: sum('completed'),
        failed: sum('failed'),
        cancelled: sum('cancelled'),
        skipped: sum('skipped'),
        active: sum('active'),
      });
    }),
    { seed: propertySeed, numRuns: 60 },
  );
  // Comparing only empty series would prove nothing.
  expect(seen.filledBuckets).toBeGreaterThan(20);
});

it('each bucket of the counts of a list equals the list for its start and end, whether summed or counted', async () => {
  const now = new Date('2099-03-08T12:34:56.789Z');
  const countRuns = createCountRuns(fixture.persistence, () => now);
  const seen = { filled: 0, summed: 0 };
  const cases = fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 8 }),
    timezone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu'),
    maxBuckets: fc.integer({ min: 1, max: 120 }),
    start: fc.option(instant),
    lengthMs: fc.oneof(
      fc.integer({ min: 1, max: 86_400_000 }),
      fc.integer({ min: 86_400_000, max: 40 * 86_400_000 }),
    ),
    isOpen: fc.boolean(),
    isByProfile: fc.boolean(),
  });
  const summedCase: typeof cases extends fc.Arbitrary<infer Case> ? Case : never = {
    changes: [
      {
        kind: 'add',
        runs: [
          { number: 2, createdAt: new Date('2025-10-25T00:08:00Z'), status: 'completed' },
          { number: 3, createdAt: new Date('2025-10-25T12:00:00Z'), status: 'failed' },
          { number: 4, createdAt: new Date('2025-10-27T00:01:00Z'), status: 'completed' },
        ],
      },
    ],
    timezone: 'UTC',
    maxBuckets: 60,
    start: new Date('2025-10-25T00:07:00Z'),
    lengthMs: 2 * 86_400_000,
    isOpen: false,
    isByProfile: false,
  };
  const profile = await fixture.database.one<{ profile: string }>(
    'select profile from job_runs where id = $1',
    [modelRunId],
  );
  await fc.assert(
    fc.asyncProperty(
      cases,
      async ({ changes, timezone, maxBuckets, start, lengthMs, isOpen, isByProfile }) => {
        for (const made of changes) await apply(fixture.database, made);
        const end = start === null || isOpen ? null : new Date(start.getTime() + lengthMs);
        const filter = {
          start,
          end,
          includeSystemJobs: true,
          profiles: isByProfile ? [profile.profile] : null,
        };
        const { buckets, total, countedFrom } = await countRuns(workspaceId, {
          filter,
          timezone,
          maxBuckets,
        });
        expect(countedFrom).toBeNull();
        expect(buckets.length).toBeLessThanOrEqual(Math.max(2, maxBuckets));
        const listed = async (within: object) => {
          const list = await fixture.store.runOverviews.list(workspaceId, { ...filter, ...within });
          return count((await list.read({ limit: 200, offset: 0 })).rows);
        };
        expect(total).toEqual(await listed({}));
        for (const { startMs, endMs, counts } of buckets) {
          if (Object.values(counts).every((each) => each === 0)) continue;
          expect(counts).toEqual(await listed({ start: new Date(startMs), end: new Date(endMs) }));
          seen.filled += 1;
        }
        seen.summed += end !== null && lengthMs > 86_400_000 && !isByProfile ? 1 : 0;
      },
    ),
    // One drawn case in ten sums a range, so that with some seeds none does.
    { seed: propertySeed, numRuns: 40, examples: [[summedCase]] },
  );
  expect(seen.filled).toBeGreaterThan(20);
  expect(seen.summed).toBeGreaterThan(0);
});

function count(runs: readonly { status: RunState }[]) {
  const counts = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
  for (const { status: state } of runs) {
    counts[state === 'starting' || state === 'cancelling' ? 'running' : state] += 1;
  }
  return counts;
}

it('the sums by quarter hour equal those of a scan after many changes, including rollbacks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.array(change), fc.boolean()), { maxLength: 6 }), async (steps) => {
      for (const [changes, isRolledBack] of steps) {
        await fixture.database
          .transaction(async (tx) => {
            for (const made of changes) await apply(tx, made);
            if (isRolledBack) throw new Error('taken back');
          })
          .catch((error: unknown) => {
            if (!(error instanceof Error) || error.message !== 'taken back') throw error;
          });
      }
      const differences = await fixture.database.query(
        `with kept as (
           select starts_at, sum(completed_count), sum(failed_count), sum(cancelled_count), sum(skipped_count) from job_run_quarters
            where workspace_id = $1 and (completed_count, failed_count, cancelled_count, skipped_count) <> (0, 0, 0, 0) group by 1
         ), scanned as (
           select quarter_of(created_at), count(*) filter (where status = 'completed'), count(*) filter (where status = 'failed'),
                  count(*) filter (where status = 'cancelled'), count(*) filter (where status = 'skipped')
             from job_runs where workspace_id = $1 and status in ('completed', 'failed', 'cancelled', 'skipped') group by 1)
         (select * from kept except select * from scanned) union all (select * from scanned except select * from kept)`,
        [workspaceId],
      );
      expect(differences).toEqual([]);
    }),
    { seed: propertySeed, numRuns: 20 },
  );
});
