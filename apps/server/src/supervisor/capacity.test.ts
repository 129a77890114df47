import type { AttemptSpec } from '../executors/executor.ts';
import type { JobRunRecord } from '../store/records.ts';
import type { RunState } from '@pumphouse/contract';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { ServicePlace } from '../services/testing/service-place.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBootstrappedExecutor } from './testing/supervisor-fixture.ts';
import { createPlace, defineJob } from '../services/testing/service-place.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { useServers } from './testing/use-servers.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';

let fixture: ServiceFixture;
let place: ServicePlace;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  place = await createPlace(fixture);
});

const startServer = useServers(() => fixture);

const unlimited = { execute: { concurrency: null } };

function defineApp(jobRef: string) {
  const launcher = 'dlt._workspace.deployment.launchers.module';
  const entry_point = { module: 'app', function: null, job_type: 'interactive' as const, launcher };
  return defineJob(jobRef, { entry_point, triggers: ['http:'] });
}

const openApp = async (of: ServicePlace, jobRef: string) =>
  fixture.startRuns.startApp({ jobId: (await of.getJob(jobRef)).id, membershipId: null });

const awaitStatus = (of: ServicePlace, jobRunId: string, status: RunState) =>
  eventually(`run ${jobRunId} is ${status}`, async () => {
    const run = await of.getRun(jobRunId);
    return run.status === status && run;
  });

/** Adds pending runs of the job of a run, as many as a caller that starts far too much. */
async function flood(run: JobRunRecord, count: number): Promise<void> {
  await fixture.database.execute(
    `insert into job_runs (workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger, trigger_kind,
                           profile, created_at)
     select workspace_id, job_id, job_version_id, deployment_id, configuration_id, number + n, 'pending', trigger, trigger_kind, profile,
            created_at + make_interval(secs => n / 1000.0)
       from job_runs cross join generate_series(1, $2) as n where id = $1`,
    [run.id, count],
  );
}

describe('apps and batch runs', () => {
  it('have slots of their own: a batch run starts at once while apps fill all of theirs', async () => {
    await place.deployAll([
      ...['a', 'b', 'c'].map((name) => defineApp(`jobs.app_${name}`)),
      defineJob('jobs.load'),
    ]);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor, maxActiveRuns: 2, maxActiveApps: 2 });
    const [first, second, third] = [
      await openApp(place, 'jobs.app_a'),
      await openApp(place, 'jobs.app_b'),
      await openApp(place, 'jobs.app_c'),
    ];
    const specs = [await executor.awaitBegin(first), await executor.awaitBegin(second)];
    const { id } = await place.startRun('jobs.load');
    executor.finish(await executor.awaitBegin(id));
    await awaitStatus(place, id, 'completed');
    expect((await place.getRun(third)).status).toBe('pending');
    for (const spec of specs) executor.finish(spec);
    executor.finish(await executor.awaitBegin(third));
    await awaitStatus(place, third, 'completed');
  });
});

describe('fairness', () => {
  it('gives the single run of another organization the next slot, before a thousand that came first', async () => {
    await place.deployAll([defineJob('jobs.many', unlimited)]);
    const other = await createPlace(fixture);
    await other.deployAll([defineJob('jobs.one')]);
    await flood(await place.startRun('jobs.many'), 1000);
    const order: AttemptSpec[] = [];
    const executor = createBootstrappedExecutor(fixture, {
      attempt(spec) {
        order.push(spec);
        return {};
      },
    });
    await startServer({ executor, maxActiveRuns: 2 });
    await eventually('both slots are in use', () => order.length === 2);
    const single = await other.startRun('jobs.one');
    for (let ended = 0; ended < 3; ended += 1) {
      const spec = order[ended];
      if (!spec) throw new Error('It started');
      await executor.begin(spec);
      executor.finish(spec);
      await eventually('the slot is in use again', () => order.length === ended + 3);
    }
    expect(order.findIndex((spec) => spec.jobRunId === single.id)).toBe(2);
  });
});

describe('a run that is larger than the machine', () => {
  it('waits, says for how much memory, and runs alone', async () => {
    const large = { require: { instance: { size: 'xlarge' as const } } };
    await place.deployAll([defineJob('jobs.small'), defineJob('jobs.large', large)]);
    const machine = { cpus: 8, memoryBytes: 8 * 1024 ** 3 };
    const executor = createBootstrappedExecutor(fixture, {}, machine);
    await startServer({ executor });
    const small = await executor.awaitBegin((await place.startRun('jobs.small')).id);
    const { id } = await place.startRun('jobs.large');
    const reason =
      'Waiting for memory: the sizes of 1 active run take 4 GiB of the 4 GiB that the server gives to batch runs, and this run takes 4 GiB.';
    const waiting = await eventually('it says what it waits for', async () => {
      const run = await place.getRun(id);
      return run.waitReason !== null && run;
    });
    expect(waiting).toMatchObject({ status: 'pending', waitKind: 'size', waitReason: reason });
    executor.finish(small);
    executor.finish(await executor.awaitBegin(id));
    await awaitStatus(place, id, 'completed');
    expect((await place.readLog(id)).map(({ content }) => content)).toEqual([reason]);
  });
});
