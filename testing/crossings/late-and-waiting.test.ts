/** Failing jobs, late jobs and waiting runs: every page, command, tool and alert counts the same. */
import type { ApiFixture, TestCaller } from '@pumphouse/server/api/testing/api-fixture.ts';
import type { McpConnection } from '@pumphouse/server/mcp/testing/mcp-client.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ago } from '../fixtures/relative-times.ts';
import { connectMcp } from '@pumphouse/server/mcp/testing/mcp-client.ts';
import { createApiFixture, defineJob } from '@pumphouse/server/api/testing/api-fixture.ts';
import { createReader, deployJobs, type DeployedJobs } from '@pumphouse/server/api/testing/deployed-jobs.ts';
import { listFailing } from '../../apps/web/src/pages/overview/attention.ts';
import { listLongWaits, listOverdueTicks } from '../../apps/web/src/pages/overview/long-waits.ts';
import { readAnswer } from '@pumphouse/server/api/testing/check-answer.ts';
import { setNextTick } from '@pumphouse/server/store/postgres/testing/alerts.ts';
import { wholeWorkspace } from '@pumphouse/server/domain/alerts/rule-scope.ts';

let api: ApiFixture;
let url: string;
let mcp: McpConnection;
let owner: TestCaller;
let workspaceId: string;
let jobs: DeployedJobs;
let call: ReturnType<typeof createReader>;

const ref = 'jobs.m.load';
const kinds = ['run_failed', 'late', 'stuck_waiting'] as const;

beforeAll(async () => {
  api = await createApiFixture();
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  jobs = await deployJobs(api, workspaceId, owner, [defineJob(ref, { triggers: ['schedule:0 * * * *'] })]);
  call = createReader(api, workspaceId, owner);
  for (const kind of kinds)
    await api.services.alertRules.create(
      { workspaceId, userId: owner.userId, isOwner: true },
      {
        name: kind,
        kind,
        isEnabled: true,
        severity: undefined,
        scope: wholeWorkspace,
        conditions: {},
        channelIds: [],
        reminderSeconds: null,
        quietHours: null,
      },
    );
  mcp = await connectMcp(url, owner.key);
  return () => mcp.close();
});

async function readHealth() {
  const path = '/pumphouse/v1/account/workspaces';
  const response = await api.app.inject({ url: path, headers: { authorization: `Bearer ${owner.key}` } });
  const { items } = readAnswer('list_workspace_health', response);
  const health = items.find((each) => each.workspace_id === workspaceId);
  if (!health) throw new Error('The workspace is not listed');
  return health;
}

async function countIncidents(): Promise<Record<(typeof kinds)[number], number>> {
  while (await api.services.evaluateAlerts());
  const { items } = await call('list_alert_incidents', 'alerts/incidents');
  const count = (kind: string) => items.filter((each) => each.kind === kind && each.state === 'open').length;
  return {
    run_failed: count('run_failed'),
    late: count('late'),
    stuck_waiting: count('stuck_waiting'),
  };
}

async function askTool(name: string, args: object): Promise<number> {
  const { items } = await mcp.ask<{ items: unknown[] }>(name, { workspace_id: workspaceId, ...args });
  return items.length;
}

/** How many jobs fail, jobs are late and runs wait, by the place that says so. */
async function readCounts() {
  const now = new Date();
  const health = await readHealth();
  const listed = (await call('list_job_overviews', 'jobs')).items;
  const active = (await call('list_run_overviews', 'job-runs?is_active=true')).items;
  const series = await call('list_run_series', 'job-runs/-/series');
  const incidents = await countIncidents();
  return {
    failing: {
      'page Overview': listFailing(listed).length,
      'list of workspaces': health.failing_job_count,
      'page Overview, sum': series.now.jobs_failing,
      'tool list_jobs': await askTool('list_jobs', { status: ['failed'] }),
      alerts: incidents.run_failed,
    },
    late: {
      'page Overview': listOverdueTicks(listed, now).length,
      'list of workspaces': health.late_job_count,
      alerts: incidents.late,
    },
    waiting: {
      'page Overview': listLongWaits(active, now).length,
      'list of workspaces': health.pending_count,
      'pumphouse status': series.now.pending,
      'tool list_runs': await askTool('list_runs', { status: ['pending'] }),
      alerts: incidents.stuck_waiting,
    },
  };
}

/** @returns the count on which all places agree; otherwise what each says */
async function summarize() {
  const counts = await readCounts();
  return Object.fromEntries(
    Object.entries(counts).map(([what, places]) => {
      const [first, ...others] = new Set(Object.values(places));
      return [what, others.length === 0 ? first : places];
    }),
  );
}

const nothing = { failing: 0, late: 0, waiting: 0 };
const moveTick = (at: Date) => setNextTick(api.testDatabase.database, jobs.idOf(ref), at);
const twentyMinutesAgo = () => ago({ minutes: 20 });

async function end(status: 'completed' | 'failed'): Promise<void> {
  const { id } = await jobs.start(ref);
  await api.setRun(id, { status: 'running', startedAt: new Date() });
  const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
  await api.finishRun(id, status === 'failed' ? { status, failure } : { status });
}

describe('every page, command, tool and alert', () => {
  it('counts a job as failing from its failure to its success', async () => {
    await end('failed');
    expect(await summarize()).toEqual({ ...nothing, failing: 1 });
    await end('completed');
    expect(await summarize()).toEqual(nothing);
  });

  it('counts a job as late whose tick was not handled', async () => {
    await moveTick(twentyMinutesAgo());
    expect(await summarize()).toEqual({ ...nothing, late: 1 });
  });

  it.each(['pause', 'archive'] as const)('counts no job as late after its %s', async (change) => {
    await api.services.switchJobs[change]({ workspaceId, jobId: jobs.idOf(ref) });
    await moveTick(twentyMinutesAgo());
    expect(await summarize()).toEqual(nothing);
  });

  it('counts a run as waiting until it starts, while its job fails', async () => {
    await end('failed');
    const { id } = await jobs.start(ref);
    await api.setRun(id, { createdAt: twentyMinutesAgo(), waitReason: 'Waiting for a free slot.' });
    expect(await summarize()).toEqual({ failing: 1, late: 0, waiting: 1 });
  });

  it('counts a run that has started as neither', async () => {
    const { id } = await jobs.start(ref);
    await api.setRun(id, { createdAt: twentyMinutesAgo(), status: 'running', startedAt: new Date() });
    expect(await summarize()).toEqual(nothing);
  });
});
