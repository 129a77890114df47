import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let owner: TestCaller;
let base: string;
let organizationUrl: string;
let jobIds: Map<string, string>;

const nobody = '00000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  base = `/api/v1/workspaces/${context.workspace.id}`;
  organizationUrl = `/api/v1/organizations/${context.organization.id}`;
  await api.createPackages(context.workspace.id, owner.membershipId);
  const { jobs } = await api.services.deploy({
    workspaceId: context.workspace.id,
    membershipId: owner.membershipId,
    jobs: [defineJob('jobs.timed', { triggers: ['every:1h'] }), defineJob('jobs.plain')],
    deploymentModule: '__deployment__',
    dryRun: false,
  });
  jobIds = new Map(jobs.map(({ job }) => [job.jobRef, job.id]));
});

const headers = () => ({ authorization: `Bearer ${owner.key}` });
const get = (url: string) => api.app.inject({ url, headers: headers() });
const post = (url: string, payload?: object) =>
  api.app.inject({ method: 'POST', url, headers: headers(), ...(payload ? { payload } : {}) });
const switchJob = (ref: string, name: string) => post(`${base}/jobs/${jobIds.get(ref) ?? ref}/-${name}`);

async function listRefs(query: string): Promise<string[]> {
  const { items } = readAnswer('list_jobs', await get(`${base}/jobs?${query}`));
  return items.map((job) => job.job_ref).toSorted();
}

async function createRun(ref: string) {
  return post(`${base}/job-runs`, { job_id: jobIds.get(ref), trigger: 'manual:' });
}

describe('pausing and archiving a job', () => {
  it('is shown in the job and in lists', async () => {
    const paused = readAnswer('pause_job', await switchJob('jobs.timed', 'pause'));
    expect(paused).toMatchObject({ job_ref: 'jobs.timed', is_paused: true, is_archived: false });
    expect(await listRefs('is_paused=true')).toEqual(['jobs.timed']);
    const resumed = readAnswer('resume_job', await switchJob('jobs.timed', 'resume'));
    expect(resumed.is_paused).toBe(false);
    const archived = readAnswer('archive_job', await switchJob('jobs.plain', 'archive'));
    expect(archived).toMatchObject({ is_archived: true, version: 1 });
    expect(await listRefs('is_archived=true')).toEqual(['jobs.plain']);
    expect(await listRefs('is_archived=false')).toEqual(['jobs.timed']);
    expect(await listRefs('ref=jobs.plain')).toEqual(['jobs.plain']);
    const back = readAnswer('unarchive_job', await switchJob('jobs.plain', 'unarchive'));
    expect(back.is_archived).toBe(false);
  });

  it('rejects pausing a job without a schedule, and suggests an alternative', async () => {
    for (const name of ['pause', 'resume']) {
      const response = await switchJob('jobs.plain', name);
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({
        code: 'job_not_pausable',
        detail: expect.stringContaining('jobs.plain has no schedule') as string,
      });
    }
    await switchJob('jobs.timed', 'archive');
    expect((await switchJob('jobs.timed', 'pause')).json()).toMatchObject({
      code: 'job_not_pausable',
      status_code: 400,
    });
  });

  it.each(['archive', 'unarchive', 'pause', 'resume'])(
    '%s returns 404 for a job that does not exist',
    async (name) => {
      expect((await switchJob(nobody, name)).json()).toMatchObject({ code: 'not_found', status_code: 404 });
      expect((await switchJob('jobs.none', name)).json()).toMatchObject({ code: 'invalid_request' });
    },
  );

  it('prevents every way of starting an archived job', async () => {
    await switchJob('jobs.plain', 'archive');
    const jobId = jobIds.get('jobs.plain');
    const named = readAnswer('trigger_jobs', await post(`${base}/jobs/-trigger`, { job_ids: [jobId] }));
    const failed = [{ ref: 'jobs.plain', detail: expect.stringContaining('archived') as string }];
    expect(named).toEqual({ succeeded: [], skipped: [], failed });
    const selected = readAnswer(
      'trigger_jobs',
      await post(`${base}/jobs/-trigger`, { selectors: ['jobs.plain'] }),
    );
    expect(selected).toEqual({ succeeded: [], skipped: [], failed: [] });
    expect((await createRun('jobs.plain')).json()).toMatchObject({
      code: 'job_archived',
      status_code: 409,
      extra: { reasons: [expect.stringContaining('archived')] },
    });
  });
});

describe('an archived workspace', () => {
  const isListed = async (query: string) => {
    const page = readAnswer('list_workspaces', await get(`${organizationUrl}/workspaces?${query}`));
    return page.total === 1;
  };
  const memberships = async () => {
    const me = readAnswer('get_organization_me', await get(`${organizationUrl}/me`));
    return me.workspace_memberships?.length;
  };

  it('is left out of memberships and lists until it is unarchived', async () => {
    const archived = readAnswer('archive_workspace', await post(`${base}/-archive`));
    expect(archived.archived_at).not.toBeNull();
    expect(readAnswer('archive_workspace', await post(`${base}/-archive`))).toEqual(archived);
    expect([await memberships(), await isListed(''), await isListed('include_archived=true')]).toEqual([
      0,
      false,
      true,
    ]);
    const back = readAnswer('unarchive_workspace', await post(`${base}/-unarchive`));
    expect(back.archived_at).toBeNull();
    expect([await memberships(), await isListed('')]).toEqual([1, true]);
    expect((await createRun('jobs.plain')).statusCode).toBe(201);
  });

  it('rejects changes, and cancels pending runs', async () => {
    const run = readAnswer('create_job_run', await createRun('jobs.plain'));
    await post(`${base}/-archive`);
    const refused = [
      await post(`${base}/deployments/-issue-upload`),
      await post(`${base}/configurations/-issue-upload`),
      await post(`${base}/-deploy`, {
        job_definition_engine_version: 2,
        job_definition_hash: 'x',
        jobs: [],
        deployment_module: null,
      }),
      await api.app.inject({ method: 'PATCH', url: base, headers: headers(), payload: { name: 'New' } }),
      await createRun('jobs.plain'),
      await switchJob('jobs.timed', 'pause'),
      await switchJob('jobs.timed', 'archive'),
    ];
    for (const response of refused)
      expect(response.json()).toMatchObject({ code: 'workspace_archived', status_code: 409 });
    const triggered = await post(`${base}/jobs/-trigger`, { selectors: ['batch'] });
    const { succeeded, skipped } = readAnswer('trigger_jobs', triggered);
    expect(succeeded).toEqual([]);
    expect(skipped.map(({ status }) => status)).toEqual(Array(2).fill('skipped_workspace_archived'));
    const cancelled = readAnswer('get_job_run', await get(`${base}/job-runs/${run.id}`));
    expect(cancelled.status).toBe('cancelled');
  });

  it('can still be read', async () => {
    await post(`${base}/-archive`);
    const urls = ['', '/me', '/jobs', '/job-runs', '/deployments/latest', '/configurations/latest'];
    for (const url of urls) expect((await get(`${base}${url}`)).statusCode, url).toBe(200);
    const { token } = readAnswer(
      'issue_dataplane_token_workspace',
      await post(`${base}/-issue-dataplane-token`),
    );
    const watermark = await api.app.inject({
      url: `${base.replace('/api/', '/telemetry/')}/watermark`,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(watermark.statusCode).toBe(200);
  });
});
