import type { List } from './overview-lists.ts';
import type { Row } from './report.ts';
import type { SeededHistory } from './seed-history.ts';
import type { Summary } from './samples.ts';
import type { TestServer } from '../fixtures/server.ts';
import { listOverviewLists } from './overview-lists.ts';
import { seedHistory } from './seed-history.ts';
import { summarize } from './samples.ts';
import { timeRequest } from './time-request.ts';

const calls = 40;
const warmUps = 10;

/** Median and p95 of each list over one history, with its goal. */
type Measured = Map<string, { figure: Summary; goalMs: number }>;

/** For lists that need one statement. */
const listGoalMs = 10;

/**
 * Lists of the last 100 over a history, with each filter and sorting, as whole HTTP responses. Sizes are
 * measured one after the other and shown side by side: a list that scans the history is slower over the
 * larger one.
 */
export async function measureHistory(sizes: readonly number[]): Promise<Row[]> {
  const measured: { runs: number; lists: Measured }[] = [];
  for (const runs of sizes.toSorted((left, right) => left - right)) {
    const history = await seedHistory({ runs, pipelineRuns: runs / 2 });
    try {
      measured.push({ runs, lists: await measureLists(history) });
    } finally {
      await history.remove();
    }
  }
  const [largest, smaller] = measured.toReversed();
  if (!largest) throw new Error('There is no size to measure');
  return [...largest.lists].map(([name, { figure, goalMs }]) => {
    const beside = smaller?.lists.get(name)?.figure;
    return {
      name,
      unit: 'ms',
      figure,
      baseline:
        beside && smaller ? { name: `over ${smaller.runs.toLocaleString('en')} runs`, figure: beside } : null,
      goal: { of: 'p95', atMost: goalMs },
      note: beside ? `growth x${(figure.median / beside.median).toFixed(1)}` : '',
    };
  });
}

async function measureLists(history: SeededHistory): Promise<Measured> {
  const server = await history.startServer();
  const measured: Measured = new Map();
  for (const list of await listLists(history, server)) {
    measured.set(list.name, { figure: await measureList(server, list), goalMs: list.goalMs });
  }
  return measured;
}

/** 40 whole HTTP responses after 10 warm-ups. */
export async function measureList(
  server: TestServer,
  { path, token }: Pick<List, 'path' | 'token'>,
): Promise<Summary> {
  const durations: number[] = [];
  for (let call = 0; call < warmUps + calls; call += 1) {
    const elapsedMs = await timeRequest(`${server.url}${path}`, token);
    if (call >= warmUps) durations.push(elapsedMs);
  }
  return summarize(durations, { withP95: true });
}

async function listLists(history: SeededHistory, server: TestServer): Promise<List[]> {
  const { workspaceId, database } = history;
  const { id: jobId, previous } = await database.one<{ id: string; previous: string }>(
    `select jobs.id, (select id from job_runs where workspace_id = $1 order by created_at desc limit 1) as previous
       from jobs where workspace_id = $1 and job_ref = 'jobs.shop.load_7'`,
    [workspaceId],
  );
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString();
  const runFilters: Record<string, string> = {
    'nothing to give': `job_id=${workspaceId}`,
    'no filter': '',
    'status=failed': 'status=failed',
    'status=completed': 'status=completed',
    'two statuses': 'status=failed&status=cancelled',
    'profile=dev (rare)': 'profile=dev',
    'profile=prod': 'profile=prod',
    'trigger_kind=manual': 'trigger_kind=manual',
    'trigger_kind=schedule': 'trigger_kind=schedule',
    'trigger=every:5m': 'trigger=every:5m',
    triggered_by: `triggered_by=${workspaceId}`,
    job_id: `job_id=${jobId}`,
    number: 'number=77',
    previous_job_run_id: `previous_job_run_id=${previous}`,
    'job_type=batch': 'job_type=batch',
    'job_type=interactive': 'job_type=interactive',
    'q=load_7 (ref)': 'q=load_7',
    'q=stock (pipeline)': 'q=stock',
    'q=77 (number, refs)': 'q=77',
    'q=nothing': 'q=nothing',
    'min_duration_seconds (rare)': 'min_duration_seconds=604.9',
    max_duration_seconds: 'max_duration_seconds=60',
    'a day, half a year ago': `start=${day(183)}&end=${day(182)}`,
    'status and profile': 'status=failed&profile=access',
  };
  const runSorts = ['created_at', 'duration_seconds', 'finished_at', 'number', 'started_at'];
  const pipelineFilters: Record<string, string> = {
    'no filter': '',
    'status=failed': 'status=failed',
    pipeline_name: 'pipeline_name=stock',
    dataset_name: 'dataset_name=shop_test',
    destination_name: 'destination_name=postgres',
    is_empty_run: 'is_empty_run=true',
    'q=stock': 'q=stock',
    'a day': `start=${day(300)}&end=${day(299)}`,
  };
  const pipelineSorts = [
    'duration_ms',
    'finished_at',
    'started_at',
    'total_bytes_loaded',
    'total_rows_loaded',
  ];
  const issued = await fetch(`${server.url}/api/v1/workspaces/${workspaceId}/-issue-dataplane-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}` },
  });
  const { token } = (await issued.json()) as { token: string };
  const base = `/api/v1/workspaces/${workspaceId}`;
  const lists = (title: string, path: string, key: string, queries: Record<string, string>): List[] =>
    Object.entries(queries).map(([name, query]) => ({
      name: `${title}: ${name}`,
      path: `${path}?${query}`,
      token: key,
      goalMs: listGoalMs,
    }));
  const sorts = (keys: readonly string[]) =>
    Object.fromEntries(
      keys.flatMap((key) =>
        ['asc', 'desc'].map((order) => [`by ${key} ${order}`, `sort=${key}&order=${order}`]),
      ),
    );
  const pipelineRuns = `/telemetry/v1/workspaces/${workspaceId}/pipeline-runs`;
  return [
    ...lists('runs', `${base}/job-runs`, server.key, { ...runFilters, ...sorts(runSorts) }),
    ...lists('pipeline runs', pipelineRuns, token, { ...pipelineFilters, ...sorts(pipelineSorts) }),
    ...lists('jobs', `${base}/jobs`, server.key, {
      'no filter': '',
      'status=failed': 'status=failed',
      'a day': `start=${day(100)}&end=${day(99)}`,
      'by last_run_at': 'sort=last_run_at&order=desc',
    }),
    ...(await listOverviewLists(history, server.key)),
  ];
}
