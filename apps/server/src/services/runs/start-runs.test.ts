import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createWorkspaceFixture,
  defineJob,
  embeddedRequirements,
  plainRequirements,
  unlockedRequirements,
} from '../testing/workspace-fixture.ts';
import { createServiceFixture, noon } from '../testing/service-fixture.ts';
import { countLockWaits } from '../../store/postgres/testing/tables.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = noon;
  context = await createWorkspaceFixture(fixture);
});

const hourly = 'schedule:0 * * * *';
const unlimited = { execute: { concurrency: null } };
const freshOn = (...refs: string[]) => ({ freshness: refs.map((ref) => `job.is_fresh:${ref}`) });
const refsOf = (started: readonly { job: { jobRef: string } }[]) => started.map(({ job }) => job.jobRef);

describe('the trigger of a run', () => {
  beforeEach(() =>
    context.deployAll([
      defineJob('jobs.timed', { triggers: ['webhook:x', hourly], expose: { tags: ['nightly'] } }),
      defineJob('jobs.plain', { expose: { tags: ['nightly', 'late'] } }),
    ]),
  );

  it.each([
    ['jobs.timed', [], hourly, [hourly]],
    ['jobs.plain', [], 'manual:jobs.plain', ['manual:jobs.plain']],
    ['jobs.timed', ['tag:nightly'], hourly, [hourly, 'tag:nightly']],
    ['jobs.plain', ['tag:late'], 'manual:jobs.plain', ['manual:jobs.plain', 'tag:late']],
  ])('of %s by id and %j is %s', async (jobRef, selectors, trigger, matchedTriggers) => {
    const { id } = await context.getJob(jobRef);
    const result = await context.trigger({ jobIds: [id], selectors });
    const own = result.succeeded.find(({ job }) => job.id === id);
    expect(own).toMatchObject({ trigger, matchedTriggers, status: 'triggered', reasons: [] });
    expect(own?.run).toMatchObject({
      trigger,
      status: 'pending',
      triggeredBy: context.membershipId,
      number: 1,
    });
  });

  it.each([
    [['tag:late'], { 'jobs.plain': 'tag:late' }],
    [['tag:nightly', 'webhook'], { 'jobs.timed': 'webhook:x', 'jobs.plain': 'tag:nightly' }],
    [['jobs.*'], { 'jobs.timed': hourly, 'jobs.plain': 'tag:nightly' }],
    [['schedule'], { 'jobs.timed': hourly }],
    [['tag:unknown'], {}],
  ])('is picked by %j', async (selectors, triggers) => {
    const { succeeded, skipped, failed } = await context.trigger({ selectors });
    expect(Object.fromEntries(succeeded.map(({ job, trigger }) => [job.jobRef, trigger]))).toEqual(triggers);
    expect([skipped, failed]).toEqual([[], []]);
  });

  it('is the one in a request for a single run, if it belongs to the job', async () => {
    const run = await context.startRun('jobs.timed', { trigger: 'webhook' });
    expect(run).toMatchObject({ trigger: 'webhook:x', triggerKind: 'webhook' });
    const refusal = { code: 'invalid_trigger', extra: (await context.getJob('jobs.timed')).triggers };
    await expect(context.createRun('jobs.timed', { trigger: 'tag:late' })).rejects.toMatchObject(refusal);
  });
});

describe('the interval of a scheduled job', () => {
  it('is its last full one if its own trigger starts it, and continues from the watermark', async () => {
    await context.deployAll([defineJob('jobs.a', { triggers: [hourly] })]);
    const { id } = await context.getJob('jobs.a');
    const first = (await context.trigger({ jobIds: [id] })).succeeded[0]?.run;
    if (!first) throw new Error('It did not start');
    expect([first.intervalStart, first.intervalEnd]).toEqual([
      new Date('2026-03-10T11:00:00Z'),
      new Date('2026-03-10T12:00:00Z'),
    ]);
    await context.complete(first);
    const covered = await context.trigger({ jobIds: [id] });
    expect(covered.skipped).toMatchObject([{ status: 'skipped_already_covered', run: null }]);
    fixture.clock.now = new Date('2026-03-10T15:10:00Z');
    const late = (await context.trigger({ jobIds: [id] })).succeeded[0]?.run;
    expect([late?.intervalStart, late?.intervalEnd]).toEqual([
      new Date('2026-03-10T12:00:00Z'),
      new Date('2026-03-10T15:00:00Z'),
    ]);
  });

  it('is a point in time if a user starts it and nothing is due', async () => {
    await context.deployAll([defineJob('jobs.a', { triggers: [hourly] })]);
    await context.complete(await context.startRun('jobs.a'));
    const run = await context.startRun('jobs.a');
    expect(run).toMatchObject({ trigger: 'manual:jobs.a', triggerKind: 'manual', intervalStart: noon });
    expect(run.intervalEnd).toEqual(noon);
  });
});

describe('upstreams', () => {
  const chain = [
    defineJob('jobs.c', freshOn('jobs.b')),
    defineJob('jobs.b', freshOn('jobs.a')),
    defineJob('jobs.a'),
  ];

  it('run first: a job that waits for them gets that answer and starts nothing', async () => {
    await context.deployAll(chain);
    const result = await context.trigger({ selectors: ['batch'] });
    expect(refsOf(result.succeeded)).toEqual(['jobs.a']);
    expect(result.skipped.map(({ job, status, reasons }) => [job.jobRef, status, reasons])).toEqual([
      [
        'jobs.b',
        'skipped_upstream_pending',
        ['upstream jobs.a runs first; this job starts when it completes'],
      ],
      [
        'jobs.c',
        'skipped_upstream_pending',
        ['upstream jobs.b runs first; this job starts when it completes'],
      ],
    ]);
    expect(await context.countRuns()).toBe(1);
  });

  it('that have not completed prevent a start, with reasons', async () => {
    await context.deployAll(chain);
    const { id } = await context.getJob('jobs.b');
    const reasons = ["upstream jobs.a didn't process any intervals yet (refresh pending)"];
    expect((await context.trigger({ jobIds: [id] })).skipped).toMatchObject([
      { status: 'skipped_fresh', reasons },
    ]);
    await expect(context.createRun('jobs.b')).rejects.toMatchObject({
      code: 'start_declined',
      extra: { status: 'skipped_fresh', reasons },
    });
    await context.complete(await context.startRun('jobs.a'));
    expect((await context.trigger({ jobIds: [id] })).succeeded).toMatchObject([{ status: 'triggered' }]);
  });

  it('do not matter for a run that skips freshness', async () => {
    await context.deployAll(chain);
    expect(await context.startRun('jobs.b', { skipFreshness: true })).toMatchObject({ status: 'pending' });
  });
});

describe('a concurrency limit', () => {
  it('is one unless declared, also for parallel calls', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const calls = await Promise.allSettled(Array.from({ length: 8 }, () => context.createRun('jobs.a')));
    expect(calls.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusal = {
      code: 'start_declined',
      extra: {
        status: 'skipped_concurrency_limit',
        reasons: ['1 of 1 allowed runs of this job are active'],
      },
    };
    const refusals = calls.flatMap((call) => (call.status === 'rejected' ? [call.reason as unknown] : []));
    for (const reason of refusals) expect(reason).toMatchObject(refusal);
    const [run] = await context.listRuns('jobs.a');
    if (run) await context.complete(run);
    expect(await context.startRun('jobs.a')).toMatchObject({ number: 2 });
  });

  it('can be removed: numbers have no gaps or duplicates under 20 parallel calls', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited), defineJob('jobs.b', unlimited)]);
    const { id } = await context.getJob('jobs.a');
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        if (index % 3 === 0) return context.trigger({ jobIds: [id], selectors: ['jobs.b'] });
        if (index % 3 === 1) return context.trigger({ selectors: ['jobs.*'] });
        return Promise.all([context.createRun('jobs.b'), context.createRun('jobs.a')]);
      }),
    );
    const upTo20 = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const jobRef of ['jobs.a', 'jobs.b']) {
      expect((await context.listRuns(jobRef)).map(({ number }) => number)).toEqual(upTo20);
    }
  });

  it('makes "when not running" return the active run, once for parallel calls', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited)]);
    const calls = await Promise.all(
      Array.from({ length: 8 }, () => context.createRun('jobs.a', { mode: 'when_not_running' })),
    );
    expect(calls.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(calls.map(({ run }) => run.id)).size).toBe(1);
    const [run] = await context.listRuns('jobs.a');
    if (run) await context.complete(run);
    expect(await context.createRun('jobs.a', { mode: 'when_not_running' })).toMatchObject({
      created: true,
      run: { number: 2 },
    });
  });
});

describe('a profile', () => {
  beforeEach(() =>
    context.deployAll([defineJob('jobs.a', unlimited), defineJob('jobs.b', { require: { profile: 'eu' } })]),
  );

  it.each([
    ['jobs.a', null, 'prod'],
    ['jobs.b', null, 'eu'],
    ['jobs.b', 'staging', 'staging'],
  ])('of %s with %j is %s', async (jobRef, profile, used) => {
    expect(await context.startRun(jobRef, { profile })).toMatchObject({ profile: used });
  });

  it.each(['dev', 'tests', '../x', ''])('named %j is rejected', async (profile) => {
    const { id } = await context.getJob('jobs.a');
    const detail = expect.stringContaining(`profile '${profile}'`) as string;
    const refusal = { code: 'invalid_profile', extra: { reasons: [detail] } };
    await expect(context.trigger({ jobIds: [id], profile })).rejects.toMatchObject(refusal);
    await expect(context.createRun('jobs.a', { profile })).rejects.toMatchObject(refusal);
    expect(await context.countRuns()).toBe(0);
  });
});

describe('a start that is impossible', () => {
  it('concerns an archived job: rejected by id, skipped by selectors', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    await context.setJob('jobs.a', { isArchived: true });
    const { id } = await context.getJob('jobs.a');
    const failed = [{ ref: 'jobs.a', code: 'job_archived', detail: 'job jobs.a is archived' }];
    expect(await context.trigger({ jobIds: [id] })).toEqual({ succeeded: [], skipped: [], failed });
    expect(await context.trigger({ selectors: ['*'] })).toEqual({ succeeded: [], skipped: [], failed: [] });
    await expect(context.createRun('jobs.a')).rejects.toMatchObject({ code: 'job_archived' });
  });

  it('concerns any job of an archived workspace', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    await context.archiveWorkspace();
    const { skipped } = await context.trigger({ selectors: ['*'] });
    expect(skipped).toMatchObject([{ status: 'skipped_workspace_archived', run: null }]);
    await expect(context.createRun('jobs.a')).rejects.toMatchObject({ code: 'workspace_archived' });
  });

  it('concerns a job without a deployment, or without a configuration', async () => {
    await context.deployJobs([defineJob('jobs.a')]);
    await expect(context.trigger({ selectors: ['*'] })).rejects.toMatchObject({ code: 'no_deployment' });
    await context.uploadDeployment();
    await expect(context.trigger({ selectors: ['*'] })).rejects.toMatchObject({ code: 'no_configuration' });
    await expect(context.createRun('jobs.a')).rejects.toMatchObject({ code: 'no_configuration' });
    await context.uploadConfiguration();
    expect(await context.startRun('jobs.a')).toMatchObject({ status: 'pending' });
  });

  it('concerns an id outside of the workspace', async () => {
    const other = await createWorkspaceFixture(fixture);
    await other.deployAll([defineJob('jobs.a')]);
    const foreign = (await other.getJob('jobs.a')).id;
    await context.deployAll([defineJob('jobs.b')]);
    const result = await context.trigger({ jobIds: [foreign, 'no-id'], selectors: ['jobs.b'] });
    expect(refsOf(result.succeeded)).toEqual(['jobs.b']);
    expect(result.failed.map(({ ref }) => ref)).toEqual([foreign, 'no-id']);
    await expect(context.createRun('jobs.b', { jobId: foreign })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a started run', () => {
  it('starts although its job is paused: a pause only stops the clock', async () => {
    await context.deployAll([defineJob('jobs.a', { triggers: [hourly] })]);
    await context.setJob('jobs.a', { isPaused: true });
    expect(await context.startRun('jobs.a')).toMatchObject({ status: 'pending' });
  });

  it('has the newest packages, and its event', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const deployment = await context.uploadDeployment();
    const configuration = await context.uploadConfiguration();
    const run = await context.startRun('jobs.a');
    expect(run).toMatchObject({ deploymentId: deployment.id, configurationId: configuration.id });
    expect(await context.listEvents(run.id)).toEqual(['job_run.created']);
  });

  it.each([
    ['batch', 'kuzu', unlockedRequirements, true],
    ['stream', 'kuzu', unlockedRequirements, false],
    ['batch', 'duckdb', embeddedRequirements, false],
  ] as const)(
    'takes the local data lock: %s with %s',
    async (jobType, _name, requirements, sharesLocalData) => {
      await context.deployAll([defineJob('jobs.a', { jobType })], requirements);
      expect(await context.startRun('jobs.a')).toMatchObject({ sharesLocalData });
    },
  );

  it('takes the local data lock for every embedded database if local data is kept as objects', async () => {
    const needsLock = async (jobType: 'batch' | 'stream', requirements: object) => {
      await context.deployAll([defineJob('jobs.a', { jobType, ...unlimited })], requirements);
      return (await context.startRun('jobs.a')).sharesLocalData;
    };
    await fixture.store.installation.noteLocalDataInObjects(true);
    try {
      expect(await needsLock('batch', embeddedRequirements)).toBe(true);
      expect(await needsLock('stream', embeddedRequirements)).toBe(false);
      expect(await needsLock('batch', plainRequirements)).toBe(false);
    } finally {
      await fixture.store.installation.noteLocalDataInObjects(false);
    }
    expect(await needsLock('batch', embeddedRequirements)).toBe(false);
  });

  it('waits for a deploy of its job, and uses the new version', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited)]);
    const job = await context.getJob('jobs.a');
    const deployed = Promise.withResolvers<void>();
    const updated = Promise.withResolvers<void>();
    const deploying = fixture.persistence.transaction(async (store) => {
      await store.jobs.addVersion(job, { ...job, description: 'new' }, context.membershipId);
      updated.resolve();
      await deployed.promise;
    });
    await updated.promise;
    const starting = Promise.all([context.startRun('jobs.a'), context.trigger({ jobIds: [job.id] })]);
    await expect.poll(() => countLockWaits(fixture.database)).toBe(2);
    deployed.resolve();
    await deploying;
    await starting;
    const { currentVersionId } = await context.getJob('jobs.a');
    expect(currentVersionId).not.toBe(job.currentVersionId);
    const runs = await context.listRuns('jobs.a');
    expect(runs.map((run) => run.jobVersionId)).toEqual([currentVersionId, currentVersionId]);
  });

  it('takes no local data lock only because runs have used local data before', async () => {
    await context.deployAll([defineJob('jobs.a')], embeddedRequirements);
    await fixture.store.workspaces.noteLocalData(context.workspaceId, 'prod');
    expect(await context.startRun('jobs.a')).toMatchObject({ sharesLocalData: false });
  });
});
