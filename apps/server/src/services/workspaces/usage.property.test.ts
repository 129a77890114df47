import { afterAll, beforeAll, expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createReadUsage } from './read-usage.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { addUsage } from '../../store/postgres/workspaces/usage.ts';
import { copyRun } from '../../store/postgres/testing/runs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
/** One run of each job, from which the others are copied. */
let templates: JobRunRecord[];

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a'), defineJob('jobs.b')]);
  templates = [await context.startRun('jobs.a'), await context.startRun('jobs.b')];
});
afterAll(() => fixture.close());

interface EndedRun {
  job: number;
  status: 'completed' | 'failed' | 'cancelled';
  finishedAt: Date;
  /** Null for a run that never started. */
  tookMs: number | null;
}

/** Often on a day boundary. */
const instant = fc
  .tuple(fc.constantFrom('2026-02-28', '2026-03-01', '2026-03-29'), fc.constantFrom(0, -1, 1, 43_200_000))
  .map(([day, ms]) => new Date(Date.parse(`${day}T00:00:00Z`) + ms));
const endedRun: fc.Arbitrary<EndedRun> = fc.record({
  job: fc.nat(1),
  status: fc.constantFrom('completed', 'failed', 'cancelled'),
  finishedAt: instant,
  // Negative: the database clock was set back meanwhile.
  tookMs: fc.option(fc.integer({ min: -10, max: 100_000_000 })),
});

async function insert({ job, status, finishedAt, tookMs }: EndedRun): Promise<string> {
  const startedAt = tookMs === null ? null : new Date(finishedAt.getTime() - tookMs);
  const copies = await copyRun(fixture.database, templates[job]?.id ?? '', 1, () => ({
    status,
    startedAt,
    finishedAt,
  }));
  return copies[0] ?? '';
}

/** Full scan: every ended run, by job and day. */
function scan(runs: readonly EndedRun[]) {
  const groups = Map.groupBy(runs, (run) => `${run.job} ${run.finishedAt.toISOString().slice(0, 10)}`);
  const sums = [...groups].map(([key, group]) => [
    key,
    {
      completedCount: group.filter(({ status }) => status === 'completed').length,
      failedCount: group.filter(({ status }) => status === 'failed').length,
      cancelledCount: group.filter(({ status }) => status === 'cancelled').length,
      runMs: group.reduce((sum, { tookMs }) => sum + Math.max(tookMs ?? 0, 0), 0),
    },
  ]);
  return Object.fromEntries(sums) as Record<string, unknown>;
}

async function readRollup() {
  const rows = await fixture.database.query<{ jobId: string; day: string }>(
    `select job_id as "jobId", day, completed_count as "completedCount", failed_count as "failedCount",
            cancelled_count as "cancelledCount", run_ms as "runMs" from usage_days`,
  );
  const jobIds = templates.map(({ jobId }) => jobId);
  return Object.fromEntries(rows.map(({ jobId, day, ...sums }) => [`${jobIds.indexOf(jobId)} ${day}`, sums]));
}

it('equals a scan of the runs, in whatever order and however concurrently they ended', async () => {
  const property = fc.asyncProperty(fc.array(endedRun, { minLength: 1, maxLength: 10 }), async (runs) => {
    await fixture.database.execute('delete from usage_days');
    const ids: string[] = [];
    for (const run of runs) ids.push(await insert(run));
    await Promise.all(
      ids.map((id) => fixture.database.execute(addUsage(`select * from job_runs where id = '${id}'`))),
    );
    expect(await readRollup()).toEqual(scan(runs));
    const { total, days } = await createReadUsage(fixture.persistence)(
      { organizationId: context.organizationId },
      { from: '2026-02-27', to: '2026-03-29' },
    );
    const within = scan(
      runs.map((run) => ({ ...run, job: 0, finishedAt: new Date('2026-03-01T12:00:00Z') })),
    );
    expect(total).toEqual(within['0 2026-03-01']);
    expect(days).toHaveLength(31);
  });
  await fc.assert(property, { seed: propertySeed, numRuns: caseCount(30) });
});

it('is recorded by the transaction that ends a run, once', async () => {
  await fixture.database.execute('delete from usage_days');
  const failure = { code: 'exit_code', detail: 'It failed.' } as const;
  const [first, second] = templates as [JobRunRecord, JobRunRecord];
  await context.setRun(first.id, { status: 'running', startedAt: ago({ seconds: 90 }) });
  const ends = [1, 2, 3].map(() => fixture.finishRun(first.id, { status: 'failed', failure }));
  expect((await Promise.all(ends)).filter(Boolean)).toHaveLength(1);
  await fixture.finishRun(second.id, { status: 'cancelled' });
  const after = await context.getRun(first.id);
  const tookMs = (after.finishedAt?.getTime() ?? 0) - (after.startedAt?.getTime() ?? 0);
  const { total, month } = await createReadUsage(fixture.persistence)(
    { workspaceId: context.workspaceId },
    {},
  );
  expect(total).toEqual({ completedCount: 0, failedCount: 1, cancelledCount: 1, runMs: tookMs });
  expect(month).toMatchObject({ usedSeconds: tookMs / 1000, activeRunCount: 0 });
});
