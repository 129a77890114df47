import type { BenchPlace } from './bench-place.ts';
import type { Row } from './report.ts';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminalRunState, type RunState } from '@pumphouse/contract';
import { runCommand } from './command-output.ts';
import { summarize } from './samples.ts';

const lookIntervalMs = 250;
const timeoutMs = 10 * 60_000;

/** Many runs of a job of one line, started at once; beside as many bare launchers, a few at a time. */
export async function measureBurst(place: BenchPlace, runCount: number): Promise<Row[]> {
  const served = await runAtOnce(place, runCount);
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
  for (const parallelism of [cores, Math.max(4, 4 * cores)]) {
    const seconds = await launchBare(place, runCount, parallelism);
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

async function runAtOnce(place: BenchPlace, runCount: number) {
  const startedAt = Date.now();
  const started = await Promise.all(
    Array.from({ length: runCount }, () => place.together.startRun('together')),
  );
  const ids = new Set(started.map((run) => run.jobRunId));
  for (;;) {
    const runs = await listRuns(place, ids);
    const ended = runs.filter((run) => isTerminalRunState(run.status as RunState));
    if (ended.length === runCount) {
      const lastEnd = Math.max(...ended.map((run) => Date.parse(run.finished_at ?? '')));
      const completed = ended.filter((run) => run.status === 'completed').length;
      return { completed, seconds: (lastEnd - startedAt) / 1000 };
    }
    if (Date.now() - startedAt > timeoutMs) throw new Error(`Only ${ended.length} of ${runCount} runs ended`);
    await delay(lookIntervalMs);
  }
}

async function listRuns({ server, together }: BenchPlace, ids: ReadonlySet<string>) {
  const { items } = await server.client.call('list_job_runs', {
    params: { workspace_id: together.client.api.id },
    query: { limit: 100 },
  });
  return items.filter((run) => ids.has(run.id));
}

async function launchBare({ together }: BenchPlace, runCount: number, parallelism: number): Promise<number> {
  const startedAt = performance.now();
  let remaining = runCount;
  const work = async () => {
    while (remaining > 0) {
      remaining -= 1;
      await runCommand(together.bareLauncher('together'), together.bare);
    }
  };
  await Promise.all(Array.from({ length: parallelism }, work));
  return (performance.now() - startedAt) / 1000;
}
