/** Freshness, and what fails, waits or is late: every page, command, tool and alert gives the same answer. */
import type { ApiFixture, TestCaller } from '@pumphouse/server/api/testing/api-fixture.ts';
import type { McpConnection } from '@pumphouse/server/mcp/testing/mcp-client.ts';
import type { PipelineFreshness } from '@pumphouse/contract';
import type { RunOutcome } from '@pumphouse/server/domain/runs/run-outcome.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ago } from '../fixtures/relative-times.ts';
import { addPipelineRun } from '@pumphouse/server/store/postgres/testing/pipelines.ts';
import { connectMcp } from '@pumphouse/server/mcp/testing/mcp-client.ts';
import { createApiFixture, defineJob } from '@pumphouse/server/api/testing/api-fixture.ts';
import { createReader, deployJobs, type DeployedJobs } from '@pumphouse/server/api/testing/deployed-jobs.ts';
import { formatFreshness } from '../../apps/pumphouse/src/pipelines/freshness.ts';
import { freshnessAppearance } from '../../apps/web/src/details/freshness.ts';
import { groupByState } from '../../apps/web/src/pages/pipelines/board-groups.ts';
import { setAttempt } from '@pumphouse/server/store/postgres/testing/attempts.ts';
import { setColumns } from '@pumphouse/server/store/postgres/testing/set-columns.ts';
import { stateOfNode } from '../../apps/web/src/pages/lineage/lineage-texts.ts';
import { wholeWorkspace } from '@pumphouse/server/domain/alerts/rule-scope.ts';

let api: ApiFixture;
let url: string;
let mcp: McpConnection;
let owner: TestCaller;
let workspaceId: string;
let jobs: DeployedJobs;
let call: ReturnType<typeof createReader>;

beforeAll(async () => {
  api = await createApiFixture();
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  jobs = await deployJobs(api, workspaceId, owner, [defineJob('jobs.m.load', { triggers: ['every:1h'] })]);
  call = createReader(api, workspaceId, owner);
  mcp = await connectMcp(url, owner.key);
  return () => mcp.close();
});

/** What a run reports of its pipeline before it ends. A run that fails early names no dataset. */
type Report = 'succeeded' | 'failed' | null;

async function report(runId: string, status: Exclude<Report, null>): Promise<void> {
  const run = await api.persistence.store.jobRuns.get(workspaceId, runId);
  if (!run) throw new Error(`There is no run ${runId}`);
  const { database } = api.testDatabase;
  const attempt = await api.createAttempt(run);
  await setAttempt(database, attempt.id, { begunAt: new Date(), startedAt: new Date() });
  await addPipelineRun(database, {
    workspaceId,
    jobRunId: runId,
    attemptId: attempt.id,
    transactionId: runId,
    pipelineName: 'orders',
    status,
    datasetName: status === 'succeeded' ? 'shop' : null,
    startedAt: new Date(),
    finishedAt: new Date(),
  });
}

async function run(reported: Report, outcome: RunOutcome): Promise<string> {
  const { id } = await jobs.start('jobs.m.load');
  await api.setRun(id, {
    status: outcome.status === 'cancelled' ? 'cancelling' : 'running',
    startedAt: new Date(),
  });
  if (reported !== null) await report(id, reported);
  await api.finishRun(id, outcome);
  return id;
}

const completed: RunOutcome = { status: 'completed' };
const failed: RunOutcome = {
  status: 'failed',
  failure: { code: 'exit_code', detail: 'It ended with 1.' },
};
const cancelled: RunOutcome = { status: 'cancelled' };

/** Moves what has been loaded into the past. */
async function age(hours: number): Promise<void> {
  const at = ago({ hours });
  const of = { workspaceId };
  await setColumns(
    api.testDatabase.database,
    'pipeline_runs',
    { createdAt: at, startedAt: at, finishedAt: at },
    of,
  );
}

const plain = { tone: (_tone: string, text: string) => text };
const word = ({ state }: PipelineFreshness) => freshnessAppearance(state).word;

/** The word that each page, command and tool shows for the data of the job. */
async function readLabels(): Promise<Record<string, string | undefined>> {
  const pipelines = (await call('list_pipeline_freshness', 'pipelines/-/freshness')).items;
  const datasets = (await call('list_dataset_freshness', 'datasets/-/freshness')).items;
  const pipeline = await call('get_pipeline_overview', 'pipelines/orders');
  const dataset = await call('get_dataset_overview', 'datasets/shop');
  const lineage = await call('get_lineage', 'lineage');
  const nodeOf = (key: string) => lineage.nodes.find((node) => node.key === key);
  const listed = pipelines.find((each) => each.pipeline_name === 'orders');
  const at = { workspace_id: workspaceId };
  const ofTool = (answer: { freshness?: PipelineFreshness } | undefined) =>
    answer?.freshness && word(answer.freshness);
  const listedByTool = await mcp.ask<{ items: { freshness: PipelineFreshness }[] }>('list_pipelines', at);
  const byTool = await mcp.ask<Record<string, { freshness: PipelineFreshness }>>('get_pipeline', {
    ...at,
    pipeline_name: 'orders',
  });
  const datasetByTool = await mcp.ask<Record<string, { freshness: PipelineFreshness }>>('get_dataset', {
    ...at,
    dataset_name: 'shop',
  });
  const [group] = groupByState(pipelines, new Date()).filter(({ rows }) => rows.length > 0);
  return {
    'pages Overview and Pipelines': listed && word(listed.freshness),
    'page Pipelines, board': group && freshnessAppearance(group.state).word,
    'page of the pipeline': word(pipeline.freshness),
    'page Datasets': datasets[0] && word(datasets[0].freshness),
    'page of the dataset': word(dataset.freshness),
    'page of the dataset, its pipeline': dataset.pipelines[0] && word(dataset.pipelines[0].freshness),
    'page Lineage, pipeline': stateOf(nodeOf('pipeline:orders')),
    'page Lineage, dataset': stateOf(nodeOf('dataset:shop')),
    'tool list_pipelines': ofTool(listedByTool.items[0]),
    'tool get_pipeline': ofTool(byTool['pipeline']),
    'tool get_dataset': ofTool(datasetByTool['dataset']),
    'pumphouse pipeline list': capitalize(listed && formatFreshness(plain, listed.freshness)),
    'pumphouse pipeline info': capitalize(formatFreshness(plain, pipeline.freshness)),
    'pumphouse dataset info': capitalize(formatFreshness(plain, dataset.freshness)),
  };
}

function stateOf(node: Parameters<typeof stateOfNode>[0] | undefined): string | undefined {
  return node && stateOfNode(node).word;
}

/** The word of `failing, 2 h old`, written as on pages. */
function capitalize(text = ''): string {
  const [first = ''] = text.split(',');
  return first.slice(0, 1).toUpperCase() + first.slice(1);
}

async function listAlerts(): Promise<string[]> {
  while (await api.services.evaluateAlerts());
  const { items } = await call('list_alert_incidents', 'alerts/incidents');
  return items
    .filter(({ state }) => state === 'open')
    .map(({ kind }) => kind)
    .toSorted();
}

async function watch(): Promise<void> {
  const caller = { workspaceId, userId: owner.userId, isOwner: true };
  const rule = {
    isEnabled: true,
    severity: undefined,
    scope: wholeWorkspace,
    conditions: {},
    channelIds: [],
  };
  for (const kind of ['run_failed', 'freshness_missed'] as const)
    await api.services.alertRules.create(caller, {
      ...rule,
      name: kind,
      kind,
      reminderSeconds: null,
      quietHours: null,
    });
}

describe.each([
  ['a success', [['succeeded', completed]], 'Fresh', []],
  ['a failure of the pipeline', [['failed', failed]], 'Failing', ['run_failed']],
  ['a failure before the pipeline ran', [[null, failed]], 'Failing', ['run_failed']],
  ['a failure after the load', [['succeeded', failed]], 'Fresh', ['run_failed']],
  ['a failure of the pipeline that the code caught', [['failed', completed]], 'Failing', []],
  ['a cancelled run', [[null, cancelled]], 'Fresh', []],
  [
    'a cancelled run after a failure',
    [
      ['failed', failed],
      [null, cancelled],
    ],
    'Failing',
    ['run_failed'],
  ],
  [
    'a success after a failure',
    [
      ['failed', failed],
      ['succeeded', completed],
    ],
    'Fresh',
    [],
  ],
  [
    'a success without a load after a failure',
    [
      [null, failed],
      [null, completed],
    ],
    'Fresh',
    [],
  ],
] satisfies [string, [Report, RunOutcome][], string, string[]][])(
  'after %s',
  (_name, ends, expected, alerts) => {
    it(`every page, command and tool says ${expected}`, async () => {
      await watch();
      await run('succeeded', completed);
      for (const [reported, outcome] of ends) await run(reported, outcome);
      const words = await readLabels();
      expect(words).toEqual(Object.fromEntries(Object.keys(words).map((place) => [place, expected])));
      expect(await listAlerts()).toEqual(alerts);
    });
  },
);

describe('data that gets old', () => {
  it.each([
    ['one start was due', 1.5, 'Due', []],
    ['two starts were due', 3, 'Stale', ['freshness_missed']],
  ])('is called the same everywhere once %s', async (_name, hours, expected, alerts) => {
    await watch();
    await run('succeeded', completed);
    await age(hours);
    const words = await readLabels();
    expect(words).toEqual(Object.fromEntries(Object.keys(words).map((place) => [place, expected])));
    expect(await listAlerts()).toEqual(alerts);
  });

  it('is failing and reported as stale if runs fail meanwhile', async () => {
    await watch();
    await run('succeeded', completed);
    await age(3);
    await run(null, failed);
    expect(new Set(Object.values(await readLabels()))).toEqual(new Set(['Failing']));
    expect(await listAlerts()).toEqual(['freshness_missed', 'run_failed']);
  });
});

describe('a job that starts no more', () => {
  it.each([
    ['is paused', 'pause', 'Paused'],
    ['is archived', 'archive', 'No schedule'],
  ] as const)('once it %s, leaves data that nothing expects to be new', async (_name, change, expected) => {
    await watch();
    await run('succeeded', completed);
    await age(3);
    await api.services.switchJobs[change]({ workspaceId, jobId: jobs.idOf('jobs.m.load') });
    expect(new Set(Object.values(await readLabels()))).toEqual(new Set([expected]));
    expect(await listAlerts()).toEqual([]);
  });
});

it('a run that is retried fails its data until an attempt loads', async () => {
  await run('succeeded', completed);
  const { id } = await jobs.start('jobs.m.load');
  await api.setRun(id, { status: 'running', startedAt: new Date() });
  await report(id, 'failed');
  expect(new Set(Object.values(await readLabels()))).toEqual(new Set(['Failing']));
  await report(id, 'succeeded');
  expect(new Set(Object.values(await readLabels()))).toEqual(new Set(['Fresh']));
});

it('a failed window of a backfill makes no data fail, and a loaded one ends no failure', async () => {
  await run('succeeded', completed);
  await endWindow('failed', failed);
  expect(new Set(Object.values(await readLabels()))).toEqual(new Set(['Fresh']));
  await run(null, failed);
  await endWindow('succeeded', completed);
  expect(new Set(Object.values(await readLabels()))).toEqual(new Set(['Failing']));
});

/** Ends the window of a backfill of one hour. */
async function endWindow(reported: Exclude<Report, null>, outcome: RunOutcome): Promise<void> {
  const backfill = await api.services.createBackfills.create({
    workspaceId,
    jobId: jobs.idOf('jobs.m.load'),
    membershipId: owner.membershipId,
    start: ago({ hours: 30 }),
    end: ago({ hours: 20 }),
    mode: 'all',
    chunkTicks: 100,
    newestFirst: false,
    parallel: 1,
    profile: null,
    priority: null,
    maxFailures: null,
  });
  await api.services.advanceBackfills.advance(backfill.id);
  const [window] = await api.persistence.store.jobRuns.recentOfJobs([jobs.idOf('jobs.m.load')], 1);
  if (!window) throw new Error('No window was started');
  await api.setRun(window.id, { status: 'running', startedAt: new Date() });
  await report(window.id, reported);
  await api.finishRun(window.id, outcome);
}
