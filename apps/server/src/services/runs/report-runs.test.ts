import type { ClaimedEvent } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { Span, SpanSender } from '../../traces/span.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createInstruments, type Instruments } from '../../platform/instruments.ts';
import { createReportRuns } from './report-runs.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { traceIdOf } from '../../traces/trace-ids.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let instruments: Instruments;
let sent: Span[];

const traces: SpanSender = {
  isSampled: () => true,
  send: async (spans) => void sent.push(...spans),
  close: async () => undefined,
};

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a'), defineJob('jobs.b')]);
});
afterAll(() => fixture.close());
beforeEach(() => {
  instruments = createInstruments();
  sent = [];
});

const event = (kind: 'job_run.created' | 'job_run.finished', jobRunId: string): ClaimedEvent => ({
  id: 1,
  kind,
  payload: { jobRunId },
  failures: 0,
});

const report = (events: ClaimedEvent[], sender: SpanSender | null = traces) =>
  createReportRuns({ ...fixture, instruments, traces: sender, reportLineage: null })(events);

/** The samples of a metric, as `label value`. */
async function read(name: string): Promise<string[]> {
  const metric = await instruments.registry.getSingleMetric(name)?.get();
  return (metric?.values ?? []).map(({ labels, value }) =>
    `${Object.values(labels).join(' ')} ${value}`.trim(),
  );
}

async function failRun(): Promise<string> {
  const { run } = await context.createAttempt(await context.startRun('jobs.a'));
  await fixture.finishRun(run.id, {
    status: 'failed',
    failure: { code: 'killed', detail: 'The run was ended by SIGKILL.' },
  });
  return run.id;
}

it('counts and traces a run', async () => {
  const id = await failRun();
  await report([event('job_run.created', id)]);
  await report([event('job_run.finished', id)]);
  expect(await read('pumphouse_runs_created_total')).toEqual(['manual 1']);
  expect(await read('pumphouse_runs_ended_total')).toContain('failed 1');
  expect(await read('pumphouse_run_failures_total')).toEqual(['killed 1']);
  expect(sent.filter(({ parentSpanId }) => parentSpanId === null)).toEqual([
    expect.objectContaining({ traceId: traceIdOf(id), name: 'run jobs.a', status: 'error' }),
  ]);
});

it('reads all runs of a batch of events at once', async () => {
  const ids = [await failRun(), await failRun()];
  await report(ids.flatMap((id) => [event('job_run.created', id), event('job_run.finished', id)]));
  expect(await read('pumphouse_runs_created_total')).toEqual(['manual 2']);
  expect(await read('pumphouse_runs_ended_total')).toContain('failed 2');
});

it('sends only sampled traces, and none without a collector', async () => {
  const id = await failRun();
  await report([event('job_run.finished', id)], { ...traces, isSampled: () => false });
  await report([event('job_run.finished', id)], null);
  expect(sent).toEqual([]);
});

it('sends the trace of a run although its lineage events fail', async () => {
  const id = await failRun();
  const reported: string[] = [];
  await createReportRuns({
    ...fixture,
    instruments,
    traces,
    reportLineage: async (ended) => {
      reported.push(...ended.map(({ run }) => run.id));
      throw new Error('broken');
    },
  })([event('job_run.finished', id)]);
  expect(reported).toEqual([id]);
  expect(sent.length).toBeGreaterThan(0);
});

it('never rejects', async () => {
  const id = await failRun();
  const broken = { ...traces, send: () => Promise.reject(new Error('broken')) };
  await expect(report([event('job_run.finished', id)], broken)).resolves.toBeUndefined();
});
