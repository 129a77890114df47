import type { ApiFixture } from '../testing/api-fixture.ts';
import type { FailureReason } from '../../domain/runs/failure-reason.ts';
import type { RunFailureCode } from '../../domain/runs/run-failures.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createReader, defineApp, deployJobs, type DeployedJobs } from '../testing/deployed-jobs.ts';
import { runFailures } from '../../domain/runs/run-failures.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let api: ApiFixture;
let jobs: DeployedJobs;
let call: ReturnType<typeof createReader>;
const refs = { batch: 'jobs.load', app: 'jobs.board' };

beforeAll(async () => {
  api = await createApiFixture();
  const { owner, workspace } = await api.createWorkspaceFixture();
  jobs = await deployJobs(api, workspace.id, owner, [defineJob(refs.batch), defineApp(refs.app)]);
  call = createReader(api, workspace.id, owner);
});
afterAll(() => api.close());

async function readClosingLine(jobRunId: string): Promise<string> {
  const { lines } = await call('read_log_lines', `job-runs/${jobRunId}/log/lines?from_line=-1`);
  return lines[0]?.content ?? '';
}

const raised: FailureReason = {
  kind: 'exception',
  summary: 'PriceError: no price for b',
  exceptionType: 'shop.prices.PriceError',
  message: 'no price for b',
  step: null,
  pipelineName: null,
  table: null,
  location: { file: 'shop/prices.py', line: 9, function: 'parse' },
};

const failures: [
  kind: 'batch' | 'app',
  code: RunFailureCode,
  detail: string,
  reason: FailureReason | null,
][] = (['batch', 'app'] as const).flatMap((kind) => [
  ...(Object.keys(runFailures) as RunFailureCode[]).map((code): (typeof failures)[number] => [
    kind,
    code,
    `What happened to a run with ${code}.`,
    null,
  ]),
  [kind, 'exit_code', 'The run ended with exit code 1.', raised],
  [kind, 'exit_code', 'The run ended with exit code 1.', { ...raised, advice: 'Add the package `prices`.' }],
  [kind, 'timed_out', '', null],
]);

it.each(failures)(
  'names a run failure (%s, %s, %j) the same everywhere',
  async (kind, code, detail, reason) => {
    const run = await jobs.start(refs[kind]);
    const attempt = await api.createAttempt(run);
    // User code has begun, so no other attempt follows.
    await setAttempt(api.testDatabase.database, attempt.id, { begunBy: 'nonce', begunAt: new Date() });
    await api.persistence.transaction((store) =>
      api.finishRun.inTransaction(
        store,
        run.id,
        { status: 'failed', failure: { code, detail } },
        { attemptId: attempt.id, reason },
      ),
    );
    const ofRun = `job-runs/${run.id}`;
    const overview = await call('get_run_overview', `${ofRun}/overview`);
    const timeline = await call('get_job_run_life', `${ofRun}/life`);
    const listed = (await call('list_run_overviews', 'job-runs')).items.find(({ id }) => id === run.id);
    const job = (await call('list_job_overviews', 'jobs')).items.find(
      ({ id }) => id === jobs.idOf(refs[kind]),
    );
    const { title, summary } = overview.reason ?? {};
    expect(overview.reason).toMatchObject({ code, title: expect.stringMatching(/./) as string });
    expect(summary).toBe(reason?.summary ?? (detail || runFailures[code].cause));
    expect(title).toBe(reason ? 'PriceError' : runFailures[code].title);
    for (const other of [
      listed?.reason,
      job?.last_run?.reason,
      timeline.reason,
      timeline.attempts[0]?.reason,
    ])
      expect(other).toEqual(overview.reason);
    const nextStep = reason?.advice ?? runFailures[code].nextStep;
    expect(timeline.failure).toMatchObject({ code, next_step: nextStep });
    expect(timeline.attempts[0]?.failure).toMatchObject({ code, next_step: nextStep });
    const closing = `Failed (${code}): ${summary}`;
    const line = await readClosingLine(run.id);
    expect(line.slice(0, closing.length)).toBe(closing);
    expect(line.endsWith(nextStep)).toBe(true);
    if (kind === 'batch') return;
    const { failure } = await call('get_app', `apps/${jobs.idOf(refs.app)}`);
    expect(failure).toMatchObject({ detail: summary, reason: overview.reason });
  },
);
