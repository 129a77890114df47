import type { BenchFixture } from './bench-fixture.ts';
import type { BenchWorkspace } from './bench-workspace.ts';
import type { Row } from './report.ts';
import { readAttemptTimes } from './attempt-times.ts';
import { readTimeMs, runCommand } from './command-output.ts';
import { summarize } from './samples.ts';

/** The phases of a launch; each ends where the next begins. */
const phaseNames = [
  'API: call to answer',
  'claim, environment found, attempt row',
  'executor: folder written',
  'bootstrap: process to "attempt taken"',
  'begin, code and configuration fetched',
  'sandbox, inside stage, files unpacked',
  'exec of the launcher seen',
  'launcher and dlt import to the first line',
] as const;

/**
 * From the API call to the user's first line with a warm environment, compared with the bare launcher and the
 * bare script.
 */
export async function measureLaunch({ scripts, server }: BenchFixture, rounds: number): Promise<Row[]> {
  const launches: number[] = [];
  const launchers: number[] = [];
  const bareScripts: number[] = [];
  const phases: number[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const launch = await launchOnce(scripts, server.dataDir);
    launches.push(launch.latencyMs);
    if (launch.phases) phases.push(launch.phases);
    launchers.push(await timeFirstLine(scripts, scripts.bareLauncher('first_line')));
    bareScripts.push(await timeFirstLine(scripts, scripts.bareScript('first_line')));
  }
  const launcher = { name: 'bare launcher', figure: summarize(launchers) };
  return [
    row('API call to first line', launches, launcher, { of: 'over-baseline', atMost: 150 }),
    row('  the bare launcher itself', launchers, { name: 'bare script', figure: summarize(bareScripts) }),
    ...phaseRows(phases),
  ];
}

/** From the API call to the end seen by a log follower, for a one-line script. */
export async function measureCompletion(context: BenchFixture, rounds: number): Promise<Row[]> {
  return compareToEnd(context, 'nothing', 'trigger to completed, script of one line', rounds);
}

/** The same for a load of 1,000 rows into DuckDB. */
export async function measurePipeline(context: BenchFixture, rounds: number): Promise<Row[]> {
  return compareToEnd(context, 'thousand_rows', 'trigger to completed, 1,000 rows -> DuckDB', rounds);
}

async function compareToEnd(
  { scripts }: BenchFixture,
  script: 'nothing' | 'thousand_rows',
  name: string,
  rounds: number,
): Promise<Row[]> {
  const runs: number[] = [];
  const launchers: number[] = [];
  const bareScripts: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const run = await scripts.completeRun(script);
    runs.push(run.endedAtMs - run.calledAtMs);
    launchers.push((await runCommand(scripts.bareLauncher(script), scripts.bare)).durationMs);
    bareScripts.push((await runCommand(scripts.bareScript(script), scripts.bare)).durationMs);
  }
  const launcher = { name: 'bare launcher', figure: summarize(launchers) };
  return [
    row(name, runs, launcher),
    row('  the bare launcher itself', launchers, { name: 'bare script', figure: summarize(bareScripts) }),
  ];
}

async function launchOnce(
  scripts: BenchWorkspace,
  dataDir: string,
): Promise<{ latencyMs: number; phases: number[] | null }> {
  const times: { files: ReturnType<typeof readAttemptTimes> | null } = { files: null };
  const run = await scripts.completeRun('first_line', {
    onLine(jobRunId) {
      times.files ??= readAttemptTimes(dataDir, jobRunId);
    },
  });
  const firstLineMs = readTimeMs(run.lines[0]?.content);
  const files = await times.files;
  const moments = files && [
    run.calledAtMs,
    run.answeredAtMs,
    files.folderMade,
    files.bootstrapSpawned,
    files.bootstrapRuns,
    files.begun,
    files.unpacked,
    files.launched,
    firstLineMs,
  ];
  return {
    latencyMs: firstLineMs - run.calledAtMs,
    phases: moments && moments.slice(1).map((moment, index) => moment - (moments[index] ?? NaN)),
  };
}

async function timeFirstLine(scripts: BenchWorkspace, command: readonly string[]): Promise<number> {
  const { startedAtMs, lines } = await runCommand(command, scripts.bare);
  return readTimeMs(lines[0]) - startedAtMs;
}

/** Empty for executors without such files. */
function phaseRows(phases: readonly number[][]): Row[] {
  if (phases.length === 0) return [];
  return phaseNames.map((name, index) =>
    row(
      `    ${name}`,
      phases.map((one) => one[index] ?? NaN),
      null,
    ),
  );
}

function row(
  name: string,
  values: readonly number[],
  baseline: Row['baseline'],
  goal: Row['goal'] = null,
): Row {
  return { name, unit: 'ms', figure: summarize(values), baseline, goal };
}
