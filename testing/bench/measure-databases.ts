/** Many runs at once in a workspace that names duckdb: some do nothing, others load into DuckDB files. */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployBenchWorkspace, workspaces, type BenchWorkspace } from './bench-workspace.ts';
import { launchBare, runAtOnce } from './measure-burst.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import type { Row } from './report.ts';
import { startBenchServer } from './bench-server.ts';
import { summarize } from './samples.ts';
import type { TestServer } from '../fixtures/server.ts';
import { warmUpTemplate } from './warm-up.ts';

/** Each name is a job of `workspaces/databases`. Goals are seconds for 50 runs. */
const kinds = [
  { job: 'nothing', title: 'duckdb is named in the requirements', goalSeconds: 4 },
  { job: 'own_file', title: 'each loads into its own DuckDB file', goalSeconds: 12 },
  { job: 'one_file', title: 'all load into one DuckDB file', goalSeconds: null },
] as const;

const warmUpRuns = 20;

export async function measureDatabases(runCount: number): Promise<Row[]> {
  const parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const install = await prepareDltClient();
  const server = await startBenchServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1' });
  try {
    const workspace = await deployBenchWorkspace({ install, server, parentFolder }, workspaces.databases);
    await warmUpTemplate(server, workspace, 'nothing');
    // A server that has just started still compiles its own code.
    for (let run = 0; run < warmUpRuns; run += 1) await workspace.completeRun('nothing');
    const rows: Row[] = [];
    for (const kind of kinds) rows.push(...(await measureKind({ server, workspace }, kind, runCount)));
    return rows;
  } finally {
    await server.remove();
    await rm(parentFolder, { recursive: true, force: true });
  }
}

async function measureKind(
  { server, workspace }: { server: TestServer; workspace: BenchWorkspace },
  { job, title, goalSeconds }: (typeof kinds)[number],
  runCount: number,
): Promise<Row[]> {
  const { completed, seconds } = await runAtOnce({ server, workspace, jobName: job }, runCount);
  if (completed !== runCount) throw new Error(`Only ${completed} of ${runCount} runs of ${job} completed`);
  // Bare launchers that load into one file at the same time would fail at its lock.
  const parallelism = job === 'one_file' ? 1 : availableParallelism();
  await mkdir(join(workspace.bare.cwd, '.dlt/data/prod'), { recursive: true });
  const bareSeconds = await launchBare(workspace.bareLauncher(job), workspace.bare, {
    runCount,
    parallelism,
  });
  return [
    {
      name: `${runCount} runs at once, ${title}: until the last has ended`,
      unit: 's',
      figure: summarize([seconds]),
      baseline: { name: `bare launchers, ${parallelism} at a time`, figure: summarize([bareSeconds]) },
      goal: goalSeconds === null ? null : { of: 'median', atMost: goalSeconds },
    },
  ];
}
