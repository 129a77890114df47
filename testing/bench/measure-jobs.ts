import type { Row } from './report.ts';
import { measureList } from './measure-history.ts';
import { seedHistory } from './seed-history.ts';

const jobCount = 10_000;
const runCount = 200_000;
/** Half of the time allowed between a click and the rows. The dlt client's list alone takes a third of it. */
const goalMs = 150;

/** A page of 100 jobs among 10,000 as the console lists them, compared with the dlt client's list of jobs. */
export async function measureJobs(): Promise<Row[]> {
  const history = await seedHistory({ runs: runCount, pipelineRuns: runCount / 2, jobs: jobCount });
  try {
    await history.database.execute(
      `insert into schedules (job_id, trigger, time_zone, next_tick_at)
       select id, default_trigger, 'UTC', now() + make_interval(secs => last_run_number * 7919 % 86400) from jobs`,
      [],
    );
    await history.database.execute('vacuum (analyze) schedules');
    const server = await history.startServer();
    const base = `workspaces/${history.workspaceId}/jobs`;
    const ask = (path: string) => measureList(server, { path, token: server.key });
    const rows: Row[] = [];
    for (const [name, query, baseline] of questions) {
      rows.push({
        name: `job rows: ${name}`,
        unit: 'ms',
        figure: await ask(`/pumphouse/v1/${base}?${query}`),
        baseline: {
          name: 'list of the dlt client, 20 runs each',
          figure: await ask(`/api/v1/${base}?recent_job_runs_limit=20&${baseline}`),
        },
        goal: { of: 'p95', atMost: goalMs },
      });
    }
    return rows;
  } finally {
    await history.remove();
  }
}

const questions = [
  ['no filter', '', ''],
  ['by name', 'sort=name', 'sort=name'],
  ['by last_run_at desc', 'sort=last_run_at&order=desc', 'sort=last_run_at&order=desc'],
  ['by next_start_at', 'sort=next_start_at', 'sort=next_scheduled_run_at'],
  ['status=failed', 'status=failed', 'status=failed'],
  ['tags=nightly', 'tags=nightly', 'tags=nightly'],
  ['q=load_77', 'q=load_77', 'q=load_77'],
] as const;
