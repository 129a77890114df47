import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { Row } from './report.ts';
import type { SeededHistory } from './seed-history.ts';
import type { TestServer } from '../fixtures/server.ts';
import { seedHistory } from './seed-history.ts';
import { seedPipelineRuns } from './seed-pipeline-runs.ts';
import { summarize } from './samples.ts';

const dayMs = 86_400_000;
const history = { days: 730, pipelineCount: 100 };
const goalMs = 50;

interface Question {
  name: string;
  ask: () => Promise<unknown>;
  /** The days that the equivalent scan reads; null for all. */
  scanned: Window | null;
}

interface Window {
  start: string;
  end: string;
}

/**
 * Statistics and daily series over HTTP over a history of two years, compared with a scan of the same
 * pipeline runs in Postgres.
 */
export async function measureStatistics(options: { runCount: number; rounds: number }): Promise<Row[]> {
  const seeded = await seedHistory({ runs: 200, pipelineRuns: 200 });
  try {
    const { database, workspaceId } = seeded;
    await seedPipelineRuns(database, workspaceId, { ...history, runCount: options.runCount });
    const server = await seeded.startServer();
    const rows: Row[] = [];
    for (const question of listQuestions(server, workspaceId))
      rows.push(await measure(question, seeded, options));
    return rows;
  } finally {
    await seeded.remove();
  }
}

function listQuestions({ client }: TestServer, workspaceId: string): Question[] {
  const params = { workspace_id: workspaceId };
  const [month, year] = [raggedWindow(30), raggedWindow(365)];
  const pipelines = (query: Partial<Window>) => client.call('list_pipeline_stats', { params, query });
  const datasets = (query: Partial<Window>) => client.call('list_dataset_stats', { params, query });
  const daily = (window: Window, timezone: string, names?: string[]) =>
    client.call('list_pipeline_daily_series', {
      params,
      query: { ...window, timezone, ...(names ? { pipeline_name: names } : {}) },
    });
  const berlin = 'Europe/Berlin';
  return [
    { name: 'pipelines, all time', ask: () => pipelines({}), scanned: null },
    { name: 'pipelines, 30 ragged days', ask: () => pipelines(month), scanned: month },
    { name: 'pipelines, a ragged year', ask: () => pipelines(year), scanned: year },
    { name: 'datasets, all time', ask: () => datasets({}), scanned: null },
    { name: 'datasets, 30 ragged days', ask: () => datasets(month), scanned: month },
    { name: 'datasets, a ragged year', ask: () => datasets(year), scanned: year },
    { name: 'daily, all pipelines, 30 days, UTC', ask: () => daily(month, 'UTC'), scanned: month },
    { name: 'daily, all pipelines, 30 days, Berlin', ask: () => daily(month, berlin), scanned: month },
    {
      name: 'daily, 1 pipeline, a year, Berlin',
      ask: () => daily(year, berlin, ['pipeline_7']),
      scanned: year,
    },
    { name: 'daily, all pipelines, a year, UTC', ask: () => daily(year, 'UTC'), scanned: year },
    {
      name: 'daily, all pipelines, a year, New York',
      ask: () => daily(year, 'America/New_York'),
      scanned: year,
    },
  ];
}

/** Ends an hour ago, in the middle of a day and usually of an hour. */
function raggedWindow(days: number): Window {
  const end = Date.now() - 3_600_000;
  return { start: new Date(end - days * dayMs).toISOString(), end: new Date(end).toISOString() };
}

async function measure(
  { name, ask, scanned }: Question,
  { database, workspaceId }: SeededHistory,
  { runCount, rounds }: { runCount: number; rounds: number },
): Promise<Row> {
  const [asked, scans]: [number[], number[]] = [[], []];
  await ask();
  for (let round = 0; round < rounds; round += 1) {
    asked.push(await time(ask));
    // A scan is slow, so a few samples are enough.
    if (round % 10 === 0) scans.push(await time(() => scan(database, workspaceId, scanned)));
  }
  return {
    name: `${runCount.toLocaleString('en')}: ${name}`,
    unit: 'ms',
    figure: summarize(asked, { withP95: true }),
    baseline: { name: 'scan', figure: summarize(scans) },
    goal: { of: 'p95', atMost: goalMs },
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function scan(database: Database, workspaceId: string, window: Window | null): Promise<unknown> {
  return database.query(
    `select pipeline_name, dataset_name, count(*), count(*) filter (where status = 'succeeded'), sum(duration_ms),
            sum(total_rows_extracted), sum(total_rows_loaded), sum(total_bytes_loaded), max(created_at)
       from pipeline_runs where workspace_id = $1 and created_at >= $2 and created_at < $3 group by 1, 2`,
    [workspaceId, window?.start ?? '-infinity', window?.end ?? 'infinity'],
  );
}
