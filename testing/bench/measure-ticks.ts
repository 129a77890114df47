import type { Row } from './report.ts';
import type { TickFixture, TickUse } from './tick-fixture.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { createTickFixture } from './tick-fixture.ts';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { summarize } from './samples.ts';

const workspaceCount = 10;
/** Time allowed to deploy the jobs; their first ticks come after that. */
const deployMsPerJob = 25;
const goalMs = 1000;

interface TimedStart {
  /**
   * From the tick to the transaction that created the row, and to the moment at which user code may begin.
   */
  startLagMs: number;
  beginLagMs: number;
}

/** How many runs a clock starts, and for how long they are measured. */
interface TickLoad {
  jobCount: number;
  startsPerSecond: number;
  windowSeconds: number;
}

/**
 * Jobs with one schedule each, arranged so that 50 ticks are due at each full second: each of 100 jobs ticks
 * every 2 seconds, each of 10,000 in one of 200 seconds. A real server decides them, and a supervisor drives
 * the runs, which do nothing.
 */
export async function measureTicks(jobCount: number): Promise<Row[]> {
  const context = await createTickFixture();
  try {
    return await measureTickLoad(context, { jobCount, startsPerSecond: 50, windowSeconds: 60 });
  } finally {
    await context.remove();
  }
}

/** Deploys the jobs of a load, and measures their runs for a while. */
export async function measureTickLoad(context: TickFixture, load: TickLoad): Promise<Row[]> {
  return describe({ load, ...(await runTickLoad(context, load)) });
}

/** Deploys the jobs of a load, and lets them start for a while. */
async function runTickLoad(context: TickFixture, load: TickLoad) {
  const { windowSeconds } = load;
  const from = await startTickLoad(context, load);
  const before = await context.readUse();
  await delay(windowSeconds * 1000);
  const after = await context.readUse();
  const to = new Date(from.getTime() + windowSeconds * 1000);
  const starts = await readStarts(context, from, to);
  const skipped = await countSkips(context);
  const use: readonly [TickUse, TickUse] = [before, after];
  return { starts, skipped, use };
}

/**
 * Deploys the jobs of a load, and waits until they start.
 * @returns the time of the first starts
 */
export async function startTickLoad(
  context: TickFixture,
  { jobCount, startsPerSecond }: Omit<TickLoad, 'windowSeconds'>,
): Promise<Date> {
  const periodSeconds = Math.ceil(jobCount / startsPerSecond);
  const from = new Date(Math.ceil((Date.now() + 30_000 + jobCount * deployMsPerJob) / 1000) * 1000);
  await deployJobs(context, jobCount, (index) => buildCron(from, periodSeconds, index % periodSeconds));
  if (Date.now() > from.getTime()) throw new Error(`${jobCount} jobs were deployed too late`);
  await delay(from.getTime() - Date.now());
  return from;
}

/** A schedule that ticks every `periodSeconds`, at least at first, starting `offsetSeconds` after `from`. */
function buildCron(from: Date, periodSeconds: number, offsetSeconds: number): string {
  const first = new Date(from.getTime() + offsetSeconds * 1000);
  if (periodSeconds > 60) return `${first.getUTCMinutes()} * * * * ${first.getUTCSeconds()}`;
  const offset = first.getUTCSeconds() % periodSeconds;
  const seconds = Array.from({ length: 60 / periodSeconds }, (_, turn) => offset + turn * periodSeconds);
  return `* * * * * ${seconds.join(',')}`;
}

async function deployJobs({ server }: TickFixture, jobCount: number, cronOf: (index: number) => string) {
  for (let number = 0; number < workspaceCount; number += 1) {
    const workspaceId = await createWorkspace(server, `ticks ${number}`);
    const indexes = Array.from(
      { length: jobCount / workspaceCount },
      (_, at) => at * workspaceCount + number,
    );
    const jobs = indexes.map((index) => ({
      ...defineScriptJob('nothing', [`schedule:${cronOf(index)}`]),
      job_ref: `jobs.job_${index}`,
      execute: { concurrency: 1 },
    }));
    await deployWorkspace(server, workspaceId, { files: { 'nothing.py': '' }, jobs });
  }
}

/** The runs of ticks in the window, once the last of them has ended. */
async function readStarts({ database }: TickFixture, from: Date, to: Date): Promise<TimedStart[]> {
  const ofWindow = `from job_runs where tick_at >= $1 and tick_at < $2 and status <> 'skipped'`;
  await eventually('the runs of the window end', async () => {
    const { open } = await database.one<{ open: number }>(
      `select ((select count(*) ${ofWindow} and finished_at is null)
             + (select count(*) from schedules where next_tick_at < $2))::int as open`,
      [from, to],
    );
    return open === 0;
  });
  const failed = await database.query(`select failure ${ofWindow} and status <> 'completed' limit 1`, [
    from,
    to,
  ]);
  if (failed.length > 0) throw new Error(`A run did not complete: ${JSON.stringify(failed[0])}`);
  return database.query<TimedStart>(
    `select (extract(epoch from created_at - tick_at) * 1000)::float8 as "startLagMs",
            (extract(epoch from started_at - tick_at) * 1000)::float8 as "beginLagMs" ${ofWindow}`,
    [from, to],
  );
}

async function countSkips({ database }: TickFixture): Promise<number> {
  const { count } = await database.one<{ count: number }>(
    `select coalesce(sum((skip->>'count')::int), 0)::int as count from job_runs where status = 'skipped'`,
  );
  return count;
}

function describe(measured: {
  load: TickLoad;
  starts: readonly TimedStart[];
  skipped: number;
  use: readonly [TickUse, TickUse];
}): Row[] {
  const { load, starts, skipped, use } = measured;
  const { jobCount, windowSeconds } = load;
  const [before, after] = use;
  const row = (
    name: string,
    unit: Row['unit'],
    values: readonly number[],
    goal: Row['goal'] = null,
  ): Row => ({
    name: `${jobCount.toLocaleString('en')} jobs: ${name}`,
    unit,
    figure: summarize(values, { withP95: values.length > 1 }),
    baseline: null,
    goal,
  });
  const perStart = (pick: (use: TickUse) => number) => [(pick(after) - pick(before)) / starts.length];
  const cpuMs = (pick: (use: TickUse) => number) => perStart((one) => pick(one) * 1000);
  const startLags = starts.map(({ startLagMs }) => startLagMs);
  const beginLags = starts.map(({ beginLagMs }) => beginLagMs);
  return [
    row(`starts a second, over ${windowSeconds} s`, '/s', [starts.length / windowSeconds]),
    row('ticks skipped, the run before still active', 'runs', [skipped]),
    row('tick to start', 'ms', startLags),
    row('tick to start, p99', 'ms', [findP99(startLags)], { of: 'median', atMost: goalMs }),
    row('tick to user code may begin', 'ms', beginLags),
    row('tick to user code may begin, p99', 'ms', [findP99(beginLags)]),
    row(
      'CPU of the scheduler per start',
      'ms',
      cpuMs((one) => one.scheduler.cpuSeconds),
    ),
    row(
      'CPU of Postgres per run',
      'ms',
      cpuMs((one) => one.postgresCpuSeconds),
    ),
    row(
      'CPU of the supervisor per run',
      'ms',
      cpuMs((one) => one.supervisor.cpuSeconds),
    ),
    row(
      'statements of the scheduler per start',
      'statements',
      perStart((one) => one.scheduler.statements),
    ),
    row(
      'statements of the supervisor per run',
      'statements',
      perStart((one) => one.supervisor.statements),
    ),
    row(
      'write-ahead log per run',
      'kB',
      perStart((one) => one.walBytes / 1000),
    ),
  ];
}

function findP99(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN;
}
