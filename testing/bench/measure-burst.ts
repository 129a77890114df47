import type { BenchFixture } from './bench-fixture.ts';
import type { CommandOptions } from './command-output.ts';
import type { DeployedWorkspace } from './bench-workspace.ts';
import type { Row } from './report.ts';
import type { TestServer } from '../fixtures/server.ts';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { activeRunStates } from '@pumphouse/contract';
import { readProcessTimes } from './process-times.ts';
import { runCommand } from './command-output.ts';
import { summarize } from './samples.ts';
import { watchProcessorTime, type ProcessorTime } from './processor-time.ts';

/** Each check costs the server processor time too. */
const checkIntervalMs = 1000;
const timeoutMs = 10 * 60_000;

/** Many runs of a one-line job started at once, compared with as many bare launchers, a few at a time. */
export async function measureBurst(context: BenchFixture, runCount: number): Promise<Row[]> {
  const { together } = context;
  const costs = await measureCosts(context, runCount);
  const one = (value: number) => summarize([value]);
  const perMinute = (seconds: number) => one((runCount * 60) / seconds);
  const rows: Row[] = [
    {
      name: `${runCount} runs at once: completed`,
      unit: 'runs',
      figure: one(costs.completed),
      baseline: null,
      goal: null,
    },
  ];
  // As many as the machine has cores, and as many as the server drives at once.
  const cores = availableParallelism();
  const bareBefore = readProcessTimes(process.pid);
  let bareCount = 0;
  for (const parallelism of [cores, runsDrivenAtOnce()]) {
    bareCount += runCount;
    const command = together.bareLauncher('together');
    const seconds = await launchBare(command, together.bare, { runCount, parallelism });
    const name = `bare launchers, ${parallelism} at a time`;
    rows.push(
      {
        name: `${runCount} runs at once: until the last has ended`,
        unit: 's',
        figure: one(costs.seconds),
        baseline: { name, figure: one(seconds) },
        goal: null,
      },
      {
        name: `${runCount} runs at once: runs a minute`,
        unit: '/min',
        figure: perMinute(costs.seconds),
        baseline: { name, figure: perMinute(seconds) },
        goal: null,
      },
    );
  }
  const bareMs = readProcessTimes(process.pid).endedChildren - bareBefore.endedChildren;
  const baseline = { name: 'bare launcher', figure: one(bareMs / bareCount) };
  return [...rows, ...listCostRows(costs, baseline)];
}

/** What many runs at once have taken together. */
interface BurstCosts {
  runCount: number;
  completed: number;
  /** Until the last has ended. */
  seconds: number;
  /** Until the last attempt was removed and its log archived. */
  processorTime: ProcessorTime;
  statements: number;
}

/** Starts many runs of a one-line job at once. */
export async function measureCosts(context: BenchFixture, runCount: number): Promise<BurstCosts> {
  const endWatch = watchProcessorTime(context.server);
  const statementsBefore = await context.countStatements();
  const served = await runAtOnce({ ...context, workspace: context.together, jobName: 'together' }, runCount);
  const processorTime = await endWatch();
  const statements = (await context.countStatements()) - statementsBefore;
  return { ...served, runCount, processorTime, statements };
}

/** The processor time of a run by part, and its statements. */
export function listCostRows(costs: BurstCosts, baseline: Row['baseline'] = null): Row[] {
  const { node, postgres, bootstraps, sandboxes } = costs.processorTime;
  const one = (value: number) => summarize([value / costs.runCount]);
  const row = (part: string, value: number, compared: Row['baseline'] = null): Row => ({
    name: `CPU per run: ${part}`,
    unit: 'ms',
    figure: one(value),
    baseline: compared,
    goal: null,
  });
  return [
    row('node', node),
    row('Postgres', postgres),
    row('bootstrap', bootstraps),
    row('sandbox and user code', sandboxes, baseline),
    row('all', node + postgres + bootstraps + sandboxes, baseline),
    {
      name: 'statements per run',
      unit: 'statements',
      figure: one(costs.statements),
      baseline: null,
      goal: null,
    },
  ];
}

/** The server's default of PUMPHOUSE_MAX_ACTIVE_RUNS. */
export const runsDrivenAtOnce = () => Math.max(4, 4 * availableParallelism());

interface BurstJob {
  server: TestServer;
  workspace: DeployedWorkspace;
  jobName: string;
}

/**
 * Starts that many runs of a job with one call each.
 * @returns seconds until the last has ended
 */
export async function runAtOnce(
  { server, workspace, jobName }: BurstJob,
  runCount: number,
): Promise<{ completed: number; seconds: number }> {
  const startedAt = Date.now();
  const started = await Promise.all(Array.from({ length: runCount }, () => workspace.startRun(jobName)));
  const ids = new Set(started.map((run) => run.jobRunId));
  for (;;) {
    if (!(await isAnyActive(server, workspace))) break;
    if (Date.now() - startedAt > timeoutMs) throw new Error(`Not all of ${runCount} runs have ended`);
    await delay(checkIntervalMs);
  }
  const runs = await listRuns(server, workspace, ids);
  const lastEnd = Math.max(...runs.map((run) => Date.parse(run.finished_at ?? '')));
  const completed = runs.filter((run) => run.status === 'completed').length;
  return { completed, seconds: (lastEnd - startedAt) / 1000 };
}

async function isAnyActive(server: TestServer, { client }: DeployedWorkspace): Promise<boolean> {
  const { items } = await server.client.call('list_job_runs', {
    params: { workspace_id: client.api.id },
    query: { limit: 1, status: activeRunStates },
  });
  return items.length > 0;
}

async function listRuns(server: TestServer, { client }: DeployedWorkspace, ids: ReadonlySet<string>) {
  const { items } = await server.client.call('list_job_runs', {
    params: { workspace_id: client.api.id },
    query: { limit: 100 },
  });
  return items.filter((run) => ids.has(run.id));
}

/**
 * Runs a command that often, a few at a time.
 * @returns seconds until the last has ended
 */
export async function launchBare(
  command: readonly string[],
  context: CommandOptions,
  { runCount, parallelism }: { runCount: number; parallelism: number },
): Promise<number> {
  const startedAt = performance.now();
  let remaining = runCount;
  const work = async () => {
    while (remaining > 0) {
      remaining -= 1;
      await runCommand(command, context);
    }
  };
  await Promise.all(Array.from({ length: parallelism }, work));
  return (performance.now() - startedAt) / 1000;
}
