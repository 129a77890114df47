import type { BenchFixture } from './bench-fixture.ts';
import type { CommandOptions } from './command-output.ts';
import type { DeployedWorkspace } from './bench-workspace.ts';
import type { Row } from './report.ts';
import type { TestServer } from '../fixtures/server.ts';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminalRunState, type RunState } from '@pumphouse/contract';
import { runCommand } from './command-output.ts';
import { summarize } from './samples.ts';

const checkIntervalMs = 250;
const timeoutMs = 10 * 60_000;

/** Many runs of a one-line job started at once, compared with as many bare launchers, a few at a time. */
export async function measureBurst(context: BenchFixture, runCount: number): Promise<Row[]> {
  const { server, together } = context;
  const served = await runAtOnce(server, together, runCount);
  const one = (value: number) => summarize([value]);
  const perMinute = (seconds: number) => one((runCount * 60) / seconds);
  const rows: Row[] = [
    {
      name: `${runCount} runs at once: completed`,
      unit: 'runs',
      figure: one(served.completed),
      baseline: null,
      goal: null,
    },
  ];
  // As many as the machine has cores, and as many as the server drives at once.
  const cores = availableParallelism();
  for (const parallelism of [cores, runsDrivenAtOnce()]) {
    const command = together.bareLauncher('together');
    const seconds = await launchBare(command, together.bare, { runCount, parallelism });
    const name = `bare launchers, ${parallelism} at a time`;
    rows.push(
      {
        name: `${runCount} runs at once: until the last has ended`,
        unit: 's',
        figure: one(served.seconds),
        baseline: { name, figure: one(seconds) },
        goal: null,
      },
      {
        name: `${runCount} runs at once: runs a minute`,
        unit: '/min',
        figure: perMinute(served.seconds),
        baseline: { name, figure: perMinute(seconds) },
        goal: null,
      },
    );
  }
  return rows;
}

/** The server's default of PUMPHOUSE_MAX_ACTIVE_RUNS. */
export const runsDrivenAtOnce = () => Math.max(4, 4 * availableParallelism());

/**
 * Starts that many runs of the job `together` with one call each.
 * @returns seconds until the last has ended
 */
export async function runAtOnce(
  server: TestServer,
  workspace: DeployedWorkspace,
  runCount: number,
): Promise<{ completed: number; seconds: number }> {
  const startedAt = Date.now();
  const started = await Promise.all(Array.from({ length: runCount }, () => workspace.startRun('together')));
  const ids = new Set(started.map((run) => run.jobRunId));
  for (;;) {
    const runs = await listRuns(server, workspace, ids);
    const ended = runs.filter((run) => isTerminalRunState(run.status as RunState));
    if (ended.length === runCount) {
      const lastEnd = Math.max(...ended.map((run) => Date.parse(run.finished_at ?? '')));
      const completed = ended.filter((run) => run.status === 'completed').length;
      return { completed, seconds: (lastEnd - startedAt) / 1000 };
    }
    if (Date.now() - startedAt > timeoutMs) throw new Error(`Only ${ended.length} of ${runCount} runs ended`);
    await delay(checkIntervalMs);
  }
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
