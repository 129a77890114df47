import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { deployFolder, runPromtool, startPrometheus, type Prometheus } from '../fixtures/prometheus.ts';
import { eventually } from '../fixtures/eventually.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';

interface Vector {
  result: { metric: Record<string, string>; value: [number, string] }[];
}

interface Rules {
  groups: { rules: { name: string; health: string; lastError?: string; state: string }[] }[];
}

const token = 'a token for metrics';
let folder: string;
let server: TestServer;
let prometheus: Prometheus;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-metrics-'));
  await writeFile(join(folder, 'token'), `${token}\n`);
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_METRICS_TOKEN_FILE: join(folder, 'token'),
  });
  prometheus = await startPrometheus(new URL(server.url).host, token);
  const workspaceId = await createWorkspace(server, 'measured');
  const files = { 'prints.py': 'print("one line")\n', 'fails.py': 'raise SystemExit(3)\n' };
  const jobs = [defineScriptJob('prints'), defineScriptJob('fails')];
  await deployWorkspace(server, workspaceId, { files, jobs });
  await triggerJob(server, workspaceId, 'jobs.prints');
  await triggerJob(server, workspaceId, 'jobs.fails');
});
afterAll(async () => {
  await prometheus?.remove();
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function query(expression: string): Promise<number | undefined> {
  const { result } = (await prometheus.call('query', { query: expression })) as Vector;
  return result[0] && Number(result[0].value[1]);
}

const awaitValue = (expression: string, value: number) =>
  eventually(`${expression} is ${value}`, async () => (await query(expression)) === value);

it('are only for the holder of the token, if there is one', async () => {
  const url = new URL('/metrics', server.url);
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers: { authorization: 'Bearer another' } })).status).toBe(401);
  expect((await fetch(new URL('/readyz', server.url))).status).toBe(200);
});

it('are scraped by a real Prometheus, which counts the runs', async () => {
  await awaitValue('up{job="pumphouse"}', 1);
  await awaitValue('pumphouse_ready', 1);
  await awaitValue('sum(pumphouse_runs_ended_total{state="completed"})', 1);
  await awaitValue('sum(pumphouse_run_failures_total{code="exit_code"})', 1);
  await awaitValue('sum(pumphouse_runs_created_total{trigger="manual"})', 2);
  await awaitValue('sum(pumphouse_attempt_phase_seconds_count{phase="running"})', 2);
  expect(await query('sum(pumphouse_log_lines_total)')).toBe(1);
  expect(await query('sum(pumphouse_store_statement_seconds_count{statement="update"})')).toBeGreaterThan(2);
  expect(await query('sum(pumphouse_store_connections)')).toBeGreaterThan(0);
  expect(await query('pumphouse_event_loop_delay_seconds{quantile="p99"}')).toBeLessThan(10);
});

it('have the names, types and labels that promtool demands', async () => {
  const headers = { authorization: `Bearer ${token}` };
  const text = await (await fetch(new URL('/metrics', server.url), { headers })).text();
  const problems = (
    await runPromtool(['check', 'metrics'], text).catch(
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    )
  )
    .split('\n')
    .filter((line) => line !== '');
  // The names of the first release, which stay.
  expect(problems.filter((line) => !line.startsWith('pumphouse_'))).toEqual([]);
  expect(text).not.toMatch(/measured|jobs\.prints|owner@/);
});

it('suit the alerts, none of which fires', async () => {
  await runPromtool(['check', 'rules', join(deployFolder, 'alerts.yml')]);
  await runPromtool(['test', 'rules', join(deployFolder, 'alerts.test.yml')]);
  const rules = await eventually('all rules are evaluated', async () => {
    const { groups } = (await prometheus.call('rules')) as Rules;
    const all = groups.flatMap((group) => group.rules);
    return all.length > 10 && all.every(({ health }) => health !== 'unknown') && all;
  });
  expect(rules.filter(({ health, state }) => health !== 'ok' || state !== 'inactive')).toEqual([]);
});

it('answer every query of the dashboard', async () => {
  const dashboard = JSON.parse(
    await readFile(join(repositoryFolder, 'deploy/grafana/pumphouse.json'), 'utf8'),
  ) as { panels: { title: string; targets?: { expr: string }[] }[] };
  const listEmpty = async () => {
    const empty: string[] = [];
    for (const { title, targets = [] } of dashboard.panels)
      for (const { expr } of targets) {
        const expression = expr.replaceAll('$job', 'pumphouse').replaceAll('$__rate_interval', '1m');
        const { result } = (await prometheus.call('query', { query: expression })) as Vector;
        if (result.length === 0) empty.push(title);
      }
    return empty;
  };
  // What has not happened has no series. A rate needs two scrapes.
  const mayBeEmpty = [
    'Pending runs, by what they wait for',
    'Executor errors',
    'Alert deliveries, by channel and result',
  ];
  await expect
    .poll(async () => (await listEmpty()).filter((title) => !mayBeEmpty.includes(title)))
    .toEqual([]);
});
