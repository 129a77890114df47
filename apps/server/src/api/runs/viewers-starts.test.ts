import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let viewer: TestCaller;
let developer: TestCaller;
let jobIds: Map<string, string>;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

const plain = defineJob('jobs.plain', { execute: { concurrency: null } });

/** `read` and `plain` are batch jobs; `read` uses the profile `access`. `app` is interactive. */
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
  const { organization, workspace, owner } = context;
  const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
  viewer = await api.createCaller(
    { id: organization.id, role: 'member' },
    { id: workspace.id, role: 'viewer' },
  );
  developer = await api.createCaller(
    { id: organization.id, role: 'member' },
    { id: workspace.id, role: 'developer' },
  );
  await api.createPackages(at.workspaceId, at.membershipId);
  const { jobs } = await api.services.deploy({
    ...at,
    jobs: [
      defineJob('jobs.read', { require: { profile: 'access' }, execute: { concurrency: null } }),
      plain,
      defineJob('jobs.app', { entry_point: { ...plain.entry_point, job_type: 'interactive' } }),
    ],
    deploymentModule: null,
    dryRun: false,
  });
  jobIds = new Map(jobs.map(({ job }) => [job.jobRef, job.id]));
});

function post(caller: TestCaller, path: string, payload: object) {
  return api.app.inject({
    method: 'POST',
    url: `/api/v1/workspaces/${context.workspace.id}${path}`,
    headers: { authorization: `Bearer ${caller.key}` },
    payload,
  });
}

const create = (caller: TestCaller, ref: string, options: object = {}) =>
  post(caller, '/job-runs', { job_id: jobIds.get(ref), trigger: 'manual:', ...options });

async function trigger(caller: TestCaller, options: object) {
  const response = await post(caller, '/jobs/-trigger', { dry_run: false, refresh: false, ...options });
  const { succeeded, skipped, failed } = readAnswer('trigger_jobs', response);
  return {
    started: succeeded
      .toSorted((one, other) => (one.job_ref < other.job_ref ? -1 : 1))
      .map((job) => [job.job_ref, job.job_run?.profile ?? null]),
    skipped: skipped.map((job) => job.job_ref),
    failed: Object.fromEntries(failed.map(({ ref, detail }) => [ref, detail])),
  };
}

async function listRuns(workspaceId = context.workspace.id) {
  const list = await api.persistence.store.jobRuns.list(workspaceId, {});
  return (await list.read({ limit: 100, offset: 0, sorting: [{ key: 'created_at', order: 'asc' }] })).rows;
}

const countRuns = async () => (await listRuns()).length;

const addAccessProfile = () =>
  setColumns(
    api.testDatabase.database,
    'configurations',
    { profiles: ['prod', 'access'] },
    { workspaceId: context.workspace.id },
  );

const onlyAccess = expect.stringMatching(
  /viewer starts only jobs that run under the profile "access"/,
) as string;

describe.each([true, false])('-trigger by a viewer, dry run %s', (dryRun) => {
  it('starts jobs with the profile access, and rejects every other job with a reason', async () => {
    const everything = { job_ids: [...jobIds.values()], dry_run: dryRun };
    expect(await trigger(viewer, everything)).toEqual({
      started: [['jobs.read', dryRun ? null : 'access']],
      skipped: [],
      failed: { 'jobs.plain': onlyAccess, 'jobs.app': onlyAccess },
    });
    expect(await countRuns()).toBe(dryRun ? 0 : 1);
  });

  it('selects the same jobs by selector', async () => {
    const answer = await trigger(viewer, { selectors: ['manual:'], dry_run: dryRun });
    expect(answer.started).toEqual([['jobs.read', dryRun ? null : 'access']]);
    expect(Object.keys(answer.failed)).toContain('jobs.plain');
  });

  it('starts nothing under another requested profile, and any job under access', async () => {
    const both = { job_ids: [jobIds.get('jobs.read'), jobIds.get('jobs.plain')], dry_run: dryRun };
    const asProd = await trigger(viewer, { ...both, profile: 'prod' });
    expect(asProd).toMatchObject({
      started: [],
      failed: { 'jobs.read': onlyAccess, 'jobs.plain': onlyAccess },
    });
    const asDev = await trigger(viewer, { ...both, profile: 'dev' });
    expect(asDev).toMatchObject({ started: [], failed: { 'jobs.read': onlyAccess } });
    const asAccess = await trigger(viewer, { ...both, profile: 'access' });
    const profile = dryRun ? null : 'access';
    expect(asAccess).toMatchObject({
      started: [
        ['jobs.plain', profile],
        ['jobs.read', profile],
      ],
      failed: {},
    });
  });

  it('refreshes nothing', async () => {
    const answer = await trigger(viewer, {
      job_ids: [jobIds.get('jobs.read')],
      refresh: true,
      dry_run: dryRun,
    });
    expect(answer).toMatchObject({
      started: [],
      failed: { 'jobs.read': expect.stringContaining('cannot refresh') as string },
    });
  });

  it('treats an interactive job as one under access if the configuration has that profile', async () => {
    const asked = { job_ids: [jobIds.get('jobs.app')], dry_run: dryRun };
    expect((await trigger(viewer, asked)).failed).toEqual({ 'jobs.app': onlyAccess });
    await addAccessProfile();
    // The viewer is admitted: the remaining rejections are the same as for developers.
    const { failed } = await trigger(viewer, asked);
    expect(failed).toEqual((await trigger(developer, asked)).failed);
    expect(failed['jobs.app']).not.toEqual(onlyAccess);
  });
});

describe('a run created by a viewer', () => {
  it('is created under access, and forbidden under any other profile', async () => {
    const response = await create(viewer, 'jobs.read');
    expect(response.statusCode).toBe(201);
    expect(readAnswer('create_job_run', response)).toMatchObject({
      profile: 'access',
      triggered_by: viewer.membershipId,
    });
    for (const [ref, options] of [
      ['jobs.plain', {}],
      ['jobs.app', {}],
      ['jobs.read', { profile: 'prod' }],
      ['jobs.read', { refresh: true }],
    ] as const) {
      const refused = await create(viewer, ref, options);
      expect([ref, refused.statusCode]).toEqual([ref, 403]);
      expect(refused.json()).toMatchObject({ code: 'forbidden' });
    }
    expect(await countRuns()).toBe(1);
  });

  it('gets no active run of another user in its place', async () => {
    expect((await create(developer, 'jobs.plain')).statusCode).toBe(201);
    const asked = { mode: 'when_not_running' };
    expect((await create(viewer, 'jobs.plain', asked)).statusCode).toBe(403);
    expect((await create(developer, 'jobs.plain', asked)).statusCode).toBe(200);
  });

  it('runs under access even if its job is deployed with another profile while the run is pending', async () => {
    const { workspace, owner } = context;
    const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
    const deploy = (profile: string) =>
      api.services.deploy({
        ...at,
        jobs: [
          defineJob('jobs.read', { require: { profile: 'access' } }),
          defineJob('jobs.late', { require: { profile }, freshness: ['job.is_fresh:jobs.read'] }),
        ],
        deploymentModule: null,
        dryRun: false,
      });
    const { jobs } = await deploy('access');
    const ids = jobs.map(({ job }) => job.id);
    const { started, skipped } = await trigger(viewer, { job_ids: ids });
    expect([started, skipped]).toEqual([[['jobs.read', 'access']], ['jobs.late']]);
    await deploy('prod');
    const [first] = await listRuns(workspace.id);
    await api.setRun(first?.id ?? '', { status: 'running', startedAt: new Date() });
    await api.finishRun(first?.id ?? '', { status: 'completed' });
    const refs = new Map(jobs.map(({ job }) => [job.id, job.jobRef]));
    const runs = (await listRuns(workspace.id)).map(({ jobId, profile, triggeredBy }) => ({
      jobRef: refs.get(jobId),
      profile,
      triggeredBy,
    }));
    expect(runs).toEqual([
      { jobRef: 'jobs.read', profile: 'access', triggeredBy: viewer.membershipId },
      { jobRef: 'jobs.late', profile: 'access', triggeredBy: viewer.membershipId },
    ]);
  });
});

it('does not restrict developers', async () => {
  const everything = { job_ids: [jobIds.get('jobs.read'), jobIds.get('jobs.plain')] };
  expect(await trigger(developer, everything)).toMatchObject({
    started: [
      ['jobs.plain', 'prod'],
      ['jobs.read', 'access'],
    ],
    failed: {},
  });
  expect((await create(developer, 'jobs.read', { profile: 'prod' })).statusCode).toBe(201);
});

it('respects the default access of the organization', async () => {
  const member = await api.createCaller({ id: context.organization.id, role: 'member' });
  await api.services.organizations.update(context.organization.id, { defaultWorkspaceRole: 'viewer' });
  expect((await create(member, 'jobs.read')).statusCode).toBe(201);
  expect((await create(member, 'jobs.plain')).statusCode).toBe(403);
});
