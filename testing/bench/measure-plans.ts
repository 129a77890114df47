import type { Row } from './report.ts';
import type { SeededHistory } from './seed-history.ts';
import type { TestServer } from '../fixtures/server.ts';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogFiles } from '@pumphouse/server/blobs/logs/log-file.ts';
import { formatLogLine, runnerLine } from '@pumphouse/server/domain/logs/log-line.ts';
import { measureList } from './measure-history.ts';
import { seedHistory } from './seed-history.ts';
import { summarize } from './samples.ts';

const jobCount = 10_000;
const runCount = 200_000;
const tiedJobCount = 500;
const logLineCount = 5000;
const rounds = 9;
const goalMs = 50;

/**
 * Next starts, the job graph and run comparisons over 10,000 jobs with 20 runs each, as whole HTTP responses.
 */
export async function measurePlans(): Promise<Row[]> {
  const history = await seedHistory({ runs: runCount, pipelineRuns: runCount / 2, jobs: jobCount });
  try {
    await seedPlans(history);
    const server = await history.startServer();
    const ask = await createAsking(history, server);
    return [...(await measureReads(ask)), ...(await measureLogs(history, server))];
  } finally {
    await history.remove();
  }
}

/**
 * A tick for each job from an hour on; 500 jobs in chains of ten, each also waiting for the freshness of the
 * previous one.
 */
async function seedPlans({ database }: SeededHistory): Promise<void> {
  await database.execute(
    `insert into schedules (job_id, trigger, time_zone, next_tick_at)
     select id, default_trigger, 'UTC', now() + make_interval(secs => 3600 + row_number() over () * 7919 % 86400) from jobs`,
    [],
  );
  await database.execute(
    `update jobs set triggers = triggers || ('job.success:' || before.job_ref), upstream_refs = array[before.job_ref]
       from (select job_ref, split_part(job_ref, '_', 2)::int as number from jobs) as before
      where split_part(jobs.job_ref, '_', 2)::int = before.number + 1 and before.number < $1 and before.number % 10 > 0`,
    [tiedJobCount],
  );
  for (const table of ['schedules', 'jobs']) await database.execute(`vacuum (analyze) ${table}`);
}

type Ask = Awaited<ReturnType<typeof createAsking>>;

async function createAsking({ database, workspaceId }: SeededHistory, server: TestServer) {
  const { jobId, runId } = await database.one<{ jobId: string; runId: string }>(
    `select jobs.id as "jobId", (select id from job_runs where job_id = jobs.id order by number desc limit 1) as "runId"
       from jobs where workspace_id = $1 and job_ref = 'jobs.shop.load_17'`,
    [workspaceId],
  );
  const own = `/pumphouse/v1/workspaces/${workspaceId}`;
  const known = `/api/v1/workspaces/${workspaceId}`;
  const read = (path: string) => measureList(server, { path, token: server.key });
  return {
    jobId,
    runId,
    own: (path: string) => read(`${own}/${path}`),
    known: (path: string) => read(`${known}/${path}`),
  };
}

async function measureReads({ jobId, runId, own, known }: Ask): Promise<Row[]> {
  const row = async (name: string, path: string, baseline: [name: string, path: string]): Promise<Row> => ({
    name,
    unit: 'ms',
    figure: await own(path),
    baseline: { name: baseline[0], figure: await known(baseline[1]) },
    goal: { of: 'p95', atMost: goalMs },
  });
  const jobs = (limit: number): [string, string] => [
    `list of ${limit} jobs of the dlt client`,
    `jobs?limit=${limit}&recent_job_runs_limit=0`,
  ];
  return [
    await row('next starts: 20', 'next-starts?limit=20', jobs(20)),
    await row('next starts: 200', 'next-starts?limit=200', jobs(200)),
    await row('next 50 ticks of a job', `jobs/${jobId}/next-ticks?limit=50`, jobs(1)),
    await row('graph of all jobs, 500 of them tied', 'job-graph', jobs(tiedJobCount)),
    await row('graph around a job', `job-graph?job_id=${jobId}`, jobs(10)),
    await row('run beside the last good one', `job-runs/${runId}/comparison`, [
      'the run alone',
      `job-runs/${runId}`,
    ]),
  ];
}

/**
 * Logs of 5,000 lines without anything in common, the slowest case of a comparison, compared with `diff` on
 * the same lines.
 */
async function measureLogs({ database, workspaceId }: SeededHistory, server: TestServer): Promise<Row[]> {
  const runs = await database.query<{ id: string; attemptId: string }>(
    `select job_runs.id, attempts.id as "attemptId" from job_runs join attempts on attempts.job_run_id = job_runs.id
      where workspace_id = $1 and job_runs.status = 'completed'
        and job_id = (select job_id from attempts join job_runs on job_runs.id = job_run_id where status = 'completed' group by job_id
                       having count(*) > 1 limit 1)
      order by job_runs.number limit 2`,
    [workspaceId],
  );
  const [base, target] = runs;
  if (!base || !target) throw new Error('There are no two runs to compare');
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-logs-'));
  const logFiles = createLogFiles(join(server.dataDir, 'blobs', 'logs'));
  for (const { attemptId } of runs) {
    const lines = Array.from({ length: logLineCount }, (_, n) => `${attemptId} says x${n} of something`);
    await writeFile(join(folder, attemptId), `${lines.join('\n')}\n`);
    const written = lines.map((line, n) => formatLogLine({ line_num: n, ...runnerLine(line, new Date()) }));
    const data = Buffer.from(written.join('').replaceAll(attemptId, attemptId.replaceAll('-', 'g')));
    await logFiles.append(attemptId, { expectedBytes: 0, firstLine: 0, data });
    await database.execute('update attempts set log_bytes = $2, log_lines = $3 where id = $1', [
      attemptId,
      data.length,
      logLineCount,
    ]);
  }
  const path = `/pumphouse/v1/workspaces/${workspaceId}/job-runs/${target.id}/log-comparison?base_id=${base.id}`;
  const figures: number[] = [];
  const baselines: number[] = [];
  const healthMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    const comparing = fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${server.key}` } });
    const over = new AbortController();
    void comparing.finally(() => over.abort());
    while (!over.signal.aborted) {
      healthMs.push(await time(async () => (await fetch(`${server.url}/healthz`)).text()));
    }
    const response = await comparing;
    const { hunks } = (await response.json()) as { hunks: { lines: unknown[] }[] };
    if (hunks[0]?.lines.length !== 2 * logLineCount) throw new Error('The logs have lines in common');
    figures.push(performance.now() - startedAt);
    baselines.push(
      await time(async () =>
        spawnSync('diff', ['-u', ...runs.map(({ attemptId }) => join(folder, attemptId))]),
      ),
    );
  }
  await rm(folder, { recursive: true, force: true });
  const quietMs: number[] = [];
  for (let call = 0; call < 50; call += 1)
    quietMs.push(await time(async () => (await fetch(`${server.url}/healthz`)).text()));
  return [
    {
      name: 'logs of 5,000 lines, all of them different',
      unit: 'ms',
      figure: summarize(figures),
      baseline: { name: 'diff -u', figure: summarize(baselines) },
      goal: null,
    },
    {
      name: 'GET /healthz meanwhile',
      unit: 'ms',
      figure: summarize(healthMs, { withP95: true }),
      baseline: { name: 'without', figure: summarize(quietMs) },
      goal: { of: 'p95', atMost: goalMs },
    },
  ];
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
