import type { SeededHistory } from './seed-history.ts';

/** A list request over a history. */
export interface List {
  name: string;
  path: string;
  token: string;
  /** Goal for its p95. */
  goalMs: number;
}

/** For pages with data from other tables, which take more than one statement. */
const rowsGoalMs = 20;

/** The console's lists, each requested as on its page. */
export async function listOverviewLists(
  { workspaceId, database }: Pick<SeededHistory, 'workspaceId' | 'database'>,
  token: string,
): Promise<List[]> {
  const job = await database.one<{ id: string; runId: string }>(
    `select jobs.id, (select id from job_runs where job_id = jobs.id order by number desc limit 1) as "runId"
       from jobs where workspace_id = $1 and job_ref = 'jobs.shop.load_7'`,
    [workspaceId],
  );
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString();
  const base = `/pumphouse/v1/workspaces/${workspaceId}`;
  const berlin = 'timezone=Europe/Berlin';
  const paths: Record<string, string> = {
    'run rows: no filter': 'job-runs',
    'run rows: status=failed': 'job-runs?status=failed',
    'run rows: is_active=true': 'job-runs?is_active=true',
    'run rows: include_skipped=false': 'job-runs?include_skipped=false',
    'run rows: job_id': `job-runs?job_id=${job.id}`,
    'run rows: pipeline_name=stock': 'job-runs?pipeline_name=stock',
    'run rows: tags=nightly': 'job-runs?tags=nightly',
    'run rows: q=load_7 (ref)': 'job-runs?q=load_7',
    'run rows: a day, half a year ago': `job-runs?start=${day(183)}&end=${day(182)}`,
    'run rows: by duration_seconds desc': 'job-runs?sort=duration_seconds&order=desc',
    'run row with its neighbours': `job-runs/${job.runId}/overview`,
    'run rows: waiting_for': `job-runs?waiting_for=${job.runId}`,
    'run counts: no filter': 'job-runs/-/counts',
    'run counts: status=failed, 30 days': `job-runs/-/counts?status=failed&start=${day(30)}`,
    'run counts: q=load_7 (ref), 365 days': `job-runs/-/counts?q=load_7&start=${day(365)}`,
    'timeline: 24 hours': 'timeline',
    'timeline: 30 days': `timeline?start=${day(30)}&end=${day(0)}`,
    lineage: 'lineage',
    'data search: q=id': 'data-search?q=id',
    'cost by job: 365 days': `cost?by=job&from=${day(365).slice(0, 10)}`,
    'run series: 24 hours': `job-runs/-/series?${berlin}`,
    'run series: 30 days': `job-runs/-/series?bucket=day&${berlin}`,
    'run series: 365 days': `job-runs/-/series?bucket=day&start=${day(365)}&${berlin}`,
    'job rows: no filter': 'jobs',
    'job trend: 200 runs': `jobs/${job.id}/trend?limit=200`,
  };
  return Object.entries(paths).map(([name, path]) => ({
    name,
    path: `${base}/${path}`,
    token,
    goalMs: name.startsWith('job rows') ? 50 : rowsGoalMs,
  }));
}
