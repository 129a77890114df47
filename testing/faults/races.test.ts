import type { JobRunRecord } from '@pumphouse/server/store/records.ts';
import type { ServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { createServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import {
  createBootstrappedExecutor,
  type BootstrappedExecutor,
} from '@pumphouse/server/supervisor/testing/supervisor-fixture.ts';
import { createStore, type Store } from '@pumphouse/server/store/store.ts';
import { useServers } from '@pumphouse/server/supervisor/testing/use-servers.ts';
import { ago } from '../fixtures/relative-times.ts';
import { eventually } from '../fixtures/eventually.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
  await fixture.database.execute('create table changed_ends (id uuid, was text, became text)');
  await fixture.database.execute(`
    create function note_changed_end() returns trigger language plpgsql as $$
    begin insert into changed_ends values (old.id, old.status, new.status); return null; end $$`);
  await fixture.database.execute(`
    create trigger note_changed_end after update of status on job_runs for each row
      when (old.finished_at is not null) execute function note_changed_end()`);
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const startServer = useServers(() => fixture);

/** The refs of the jobs started by the end of a run. */
async function listFollowers({ id }: JobRunRecord): Promise<string[]> {
  const followers = await fixture.store.jobRuns.downstreamOf([id], { limit: 100, category: null });
  return followers.map(({ jobRef }) => jobRef);
}

const awaitEnd = ({ id, number }: JobRunRecord) =>
  eventually(`run ${number} ends`, async () => isTerminalRunState((await context.getRun(id)).status));

const followersOf: Record<string, string[]> = {
  completed: ['jobs.after'],
  failed: ['jobs.rescue'],
  cancelled: [],
};

it('a cancel that races with the end of user code: each run ends once, and triggers what matches its end', async () => {
  await context.deployAll([
    defineJob('jobs.a', { execute: { concurrency: null } }),
    defineJob('jobs.after', { triggers: ['job.success:jobs.a'], execute: { concurrency: null } }),
    defineJob('jobs.rescue', { triggers: ['job.fail:jobs.a'], execute: { concurrency: null } }),
  ]);
  const executor = createBootstrappedExecutor(fixture);
  await Promise.all([1, 2].map(() => startServer({ executor, maxActiveRuns: 200 })));
  const runs = await Promise.all(Array.from({ length: 24 }, () => context.startRun('jobs.a')));
  const specs = await Promise.all(runs.map((run) => executor.awaitBegin(run.id)));

  /** @returns whether the run is being cancelled; otherwise it had ended */
  async function cancel({ id }: JobRunRecord): Promise<boolean> {
    try {
      await fixture.cancelRuns.cancel(context.workspaceId, id);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'run_finished' });
      return false;
    }
  }

  // While each run is ending, cancel one that is about to end or has just ended; the last one before its end,
  // the first one never.
  const answers = new Map<string, Promise<boolean>>();
  let ending = 0;
  fixture.setFault('in-finish-before-commit', () => {
    const near = runs[ending + (ending % 5) - 2];
    ending += 1;
    if (near && near !== runs[0] && !answers.has(near.id)) answers.set(near.id, cancel(near));
  });
  const last = runs.at(-1) as JobRunRecord;
  answers.set(last.id, cancel(last));
  await answers.get(last.id);
  const codeOf = (index: number) => (index % 3 === 1 ? 1 : 0);
  specs.forEach((spec, index) => executor.finish(spec, codeOf(index)));
  const ends = await Promise.all(
    runs.map(async (run, index) => {
      await awaitEnd(run);
      const { status } = await context.getRun(run.id);
      expect(await listFollowers(run)).toEqual(followersOf[status]);
      // The end of user code may win against a stop that was accepted; a stop that was rejected is always too
      // late.
      const byExit = codeOf(index) === 0 ? 'completed' : 'failed';
      const isGranted = (await answers.get(run.id)) ?? false;
      expect(isGranted ? ['cancelled', byExit] : [byExit]).toContain(status);
      return status;
    }),
  );
  expect([ends[0], ends.at(-1)]).toEqual(['completed', 'cancelled']);
  expect(await fixture.database.query('select * from changed_ends')).toEqual([]);
});

/** Counts inspections of an attempt that returned unknown. */
function countUnknown(executor: BootstrappedExecutor) {
  const counted = { unknown: 0 };
  return {
    counted,
    executor: {
      ...executor,
      async inspect(...args: Parameters<BootstrappedExecutor['inspect']>) {
        const inspection = await executor.inspect(...args);
        if (inspection.state === 'unknown') counted.unknown += 1;
        return inspection;
      },
    },
  };
}

it('an executor that reports unknown while another server takes over: nothing is started twice or given up, and no tick is lost', async () => {
  await context.deployAll([
    defineJob('jobs.a', { triggers: ['schedule:0 * * * *'] }),
    defineJob('jobs.after', { triggers: ['job.success:jobs.a'] }),
  ]);
  const { id: jobId } = await context.getJob('jobs.a');
  const tickAt = async (time: string) => {
    fixture.clock.now = new Date(`2026-03-10T${time}:00Z`);
    expect(await fixture.startRuns.startTick({ jobId, trigger: 'schedule:0 * * * *' })).toBeDefined();
  };
  const { executor, counted } = countUnknown(createBootstrappedExecutor(fixture));
  const first = await startServer({ executor });
  await tickAt('13:00');
  const [run] = await context.listRuns('jobs.a');
  if (!run) throw new Error('The tick made no run');
  const spec = await executor.awaitBegin(run.id);
  executor.fake.hide(spec.attemptId);
  await first.stop();
  await context.setRun(run.id, { leaseExpiresAt: ago({ seconds: 1 }) });
  await startServer({ executor, leaseSeconds: 1 });
  await eventually('the second server has looked at it in vain, time and again', () => {
    fixture.attemptLog.announce(run.id);
    return counted.unknown >= 10;
  });
  await tickAt('14:00');
  await tickAt('15:00');
  expect((await context.getRun(run.id)).status).toBe('running');
  expect(executor.fake.started).toHaveLength(1);

  executor.fake.hide(spec.attemptId, false);
  executor.finish(spec);
  await eventually('the run completes', async () => (await context.getRun(run.id)).status === 'completed');
  expect(await listFollowers(run)).toEqual(['jobs.after']);
  await tickAt('16:00');
  const hour = (time: string) => new Date(`2026-03-10T${time}:00Z`);
  expect(await context.listRuns('jobs.a')).toMatchObject([
    { status: 'completed', intervalStart: hour('12:00'), intervalEnd: hour('13:00') },
    { status: 'skipped', skip: { status: 'skipped_concurrency_limit', count: 2 } },
    { triggerKind: 'schedule', intervalStart: hour('13:00'), intervalEnd: hour('16:00') },
  ]);
});

it('a suspended server loses its jobs within the duration of a lease', async () => {
  await context.deployAll([defineJob('jobs.a')]);
  const { id } = await context.getJob('jobs.a');
  const takes: ((store: Store) => Promise<unknown>)[] = [
    (store) => store.jobs.tryLock([id]),
    (store) => store.jobs.lock([id]),
    (store) => store.jobs.lockAll(context.workspaceId),
  ];
  for (const take of takes) {
    const bounds = await fixture.database.transaction(async (sql) => {
      await take(createStore(sql));
      return sql.query('show idle_in_transaction_session_timeout');
    });
    expect(bounds).toEqual([{ idle_in_transaction_session_timeout: '10s' }]);
  }
});
