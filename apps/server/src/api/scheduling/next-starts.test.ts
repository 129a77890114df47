import type { ApiFixture } from '../testing/api-fixture.ts';
import type { JobGraphResponse } from '@pumphouse/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let jobIds: Map<string, string>;

const orders = defineJob('jobs.shop.orders', {
  triggers: ['schedule:15 6 * * 1-5', 'webhook:'],
  require: { timezone: 'Europe/Berlin' },
  expose: { display_name: 'Orders' },
});
const report = defineJob('jobs.shop.report', {
  triggers: ['job.success:jobs.shop.orders'],
  freshness: ['job.is_fresh:jobs.shop.orders'],
});

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
  await api.createPackages(context.workspace.id, context.owner.membershipId);
  const deployed = await api.services.deploy({
    workspaceId: context.workspace.id,
    membershipId: context.owner.membershipId,
    jobs: [orders, report, defineJob('jobs.shop.apart')],
    deploymentModule: null,
    dryRun: false,
  });
  jobIds = new Map(deployed.jobs.map(({ job }) => [job.jobRef, job.id]));
});

async function get(path: string) {
  const url = `/pumphouse/v1/workspaces/${context.workspace.id}/${path}`;
  return api.app.inject({ url, headers: { authorization: `Bearer ${context.owner.key}` } });
}
const idOf = (ref: string) => jobIds.get(ref) ?? '';

describe('the list of next starts', () => {
  it('names the job, the trigger in words, and what blocks it', async () => {
    await api.services.switchJobs.pause({
      workspaceId: context.workspace.id,
      jobId: idOf('jobs.shop.orders'),
    });
    const answer = readAnswer('list_next_starts', await get('next-starts'));
    expect(answer).toEqual({
      items: [
        {
          at: expect.stringMatching(/T0[45]:15:00.000Z$/) as string,
          source: 'tick',
          job: { id: idOf('jobs.shop.orders'), ref: 'jobs.shop.orders', name: 'Orders' },
          trigger: 'schedule:15 6 * * 1-5',
          trigger_kind: 'schedule',
          trigger_text: 'at 06:15, Monday through Friday',
          job_run_id: null,
          job_run_number: null,
          blocked: {
            code: 'paused',
            detail: 'job jobs.shop.orders is paused',
            may_pass: false,
            by: null,
          },
          last_failed: false,
        },
      ],
      is_truncated: false,
    });
  });

  it.each(['0', '201', 'x'])('rejects a limit of %s', async (limit) => {
    expect((await get(`next-starts?limit=${limit}`)).json()).toMatchObject({ code: 'invalid_request' });
  });
});

describe('the next ticks of a job', () => {
  it('are listed for each clock trigger in its time zone, and empty for other triggers', async () => {
    const path = `jobs/${idOf('jobs.shop.orders')}/next-ticks?limit=2`;
    const answer = readAnswer('list_job_next_ticks', await get(path));
    expect(answer).toMatchObject({ job_id: idOf('jobs.shop.orders'), is_paused: false, is_archived: false });
    expect(answer.triggers).toMatchObject([
      { trigger_text: 'at 06:15, Monday through Friday', time_zone: 'Europe/Berlin' },
      { trigger: 'webhook:', trigger_text: 'on a webhook delivery', time_zone: null, ticks: [] },
      { trigger: 'manual:jobs.shop.orders', trigger_text: 'manual', time_zone: null, ticks: [] },
    ]);
    const [first = '', second = ''] = answer.triggers[0]?.ticks ?? [];
    expect(Date.parse(second) - Date.parse(first)).toBeGreaterThanOrEqual(23 * 3_600_000);
    expect(answer.triggers[0]?.ticks).toHaveLength(2);
  });

  it('are empty for an archived job', async () => {
    const jobId = idOf('jobs.shop.orders');
    await api.app.inject({
      method: 'POST',
      url: `/api/v1/workspaces/${context.workspace.id}/jobs/${jobId}/-archive`,
      headers: { authorization: `Bearer ${context.owner.key}` },
    });
    const answer = readAnswer('list_job_next_ticks', await get(`jobs/${jobId}/next-ticks`));
    expect(answer).toMatchObject({ is_archived: true, triggers: [{ ticks: [] }, {}, {}] });
  });
});

describe('the job graph', () => {
  const read = async (query = ''): Promise<JobGraphResponse> =>
    readAnswer('get_job_graph', await get(`job-graph${query}`));

  it('describes in words which job starts or waits for which', async () => {
    const { nodes, edges, is_truncated: isTruncated } = await read();
    expect(nodes.map(({ ref, name, trigger_texts: texts }) => [ref, name, texts])).toEqual([
      ['jobs.shop.orders', 'Orders', ['at 06:15, Monday through Friday', 'on a webhook delivery']],
      ['jobs.shop.report', 'jobs.shop.report', []],
      ['jobs.shop.apart', 'jobs.shop.apart', []],
    ]);
    const between = { from_job_id: idOf('jobs.shop.orders'), to_job_id: idOf('jobs.shop.report') };
    expect(edges).toEqual([
      {
        ...between,
        kind: 'success',
        trigger: 'job.success:jobs.shop.orders',
        trigger_text: 'after shop.orders succeeds',
      },
      {
        ...between,
        kind: 'freshness',
        trigger: 'job.is_fresh:jobs.shop.orders',
        trigger_text: 'when shop.orders is fresh',
      },
    ]);
    expect(isTruncated).toBe(false);
  });

  it('leaves out jobs unrelated to the requested one, and includes its newest run', async () => {
    const { run } = await api.startRuns.createRun({
      workspaceId: context.workspace.id,
      membershipId: context.owner.membershipId,
      jobId: idOf('jobs.shop.report'),
      trigger: 'manual:',
      profile: null,
      refresh: false,
      skipFreshness: true,
      mode: 'always',
    });
    const { nodes } = await read(`?job_id=${idOf('jobs.shop.report')}`);
    expect(nodes.map(({ ref, last_status: status, last_job_run_id: id }) => [ref, status, id])).toEqual([
      ['jobs.shop.report', 'pending', run.id],
      ['jobs.shop.orders', null, null],
    ]);
  });

  it('is 404 for a job that does not exist', async () => {
    const answer = await get('job-graph?job_id=00000000-0000-4000-8000-000000000000');
    expect(answer.json()).toMatchObject({ code: 'not_found' });
  });
});
