import type { CommandOptions } from './command-output.ts';
import type { ComparedWorkspace, ContainerFixture } from './container-fixture.ts';
import type { DeployedWorkspace } from './bench-workspace.ts';
import type { Row } from './report.ts';
import type { TestServer } from '../fixtures/server.ts';
import { eventually } from '../fixtures/eventually.ts';
import { launchBare, runAtOnce, runsDrivenAtOnce } from './measure-burst.ts';
import { readTimeMs, runCommand } from './command-output.ts';
import { summarize } from './samples.ts';

/** Ways to run the same script, cheapest first. */
type Way = 'script' | 'launcher' | 'engineScript' | 'engineLauncher' | 'process' | 'docker';
type Take = (way: Way) => Promise<number>;

/** The baselines of each way. */
const comparisons: [Way, Way[]][] = [
  ['launcher', ['script']],
  ['engineScript', ['script']],
  ['engineLauncher', ['launcher']],
  ['process', ['script', 'launcher']],
  ['docker', ['script', 'engineScript', 'engineLauncher', 'process']],
];
const ways: Way[] = ['script', 'launcher', 'engineScript', 'engineLauncher', 'process', 'docker'];

function nameWays(engineKind: string): Record<Way, string> {
  return {
    script: 'python script.py',
    launcher: 'bare launcher',
    engineScript: `${engineKind} run of the script`,
    engineLauncher: `${engineKind} run of the launcher`,
    process: 'process executor',
    docker: `docker executor, ${engineKind}`,
  };
}

/** From the command or the API call to the first line of the script. */
export function measureContainerLaunch(options: ContainerFixture, rounds: number): Promise<Row[]> {
  const { scripts } = options;
  return compareWays(options, 'to the first line', rounds, (way) =>
    takeRun(scripts, way, 'first_line', {
      alone: ({ startedAtMs, lines }) => readTimeMs(lines[0]) - startedAtMs,
      served: ({ calledAtMs, lines }) => readTimeMs(lines[0]?.content) - calledAtMs,
    }),
  );
}

/** From the command or the API call to the observed end of the process, or of the run's log. */
export function measureContainerPipeline(options: ContainerFixture, rounds: number): Promise<Row[]> {
  const { scripts } = options;
  return compareWays(options, '1,000 rows -> DuckDB', rounds, (way) =>
    takeRun(scripts, way, 'thousand_rows', {
      alone: ({ durationMs }) => durationMs,
      served: ({ calledAtMs, endedAtMs }) => endedAtMs - calledAtMs,
    }),
  );
}

/** Many runs at once on each executor, compared with as many bare ones at the same parallelism. */
export async function measureContainerBurst(options: ContainerFixture, runCount: number): Promise<Row[]> {
  const { together, engine } = options;
  const { process, docker, engineRun } = together;
  const atOnce = { runCount, parallelism: runsDrivenAtOnce() };
  const launcher = await launchBare(process.bareLauncher('together'), process.bare, atOnce);
  const engineLauncher = await launchBare(engineRun.launcher('together'), engineRun.options, atOnce);
  const onProcess = await runToLast(options.processServer, process, runCount);
  const onDocker = await runToLast(options.dockerServer, docker, runCount);
  await awaitQuiet(options);
  const seconds = { launcher, engineLauncher, process: onProcess, docker: onDocker };
  const names = nameWays(engine.kind);
  const row = (way: keyof typeof seconds, other: keyof typeof seconds): Row => ({
    name: `${names[way]}: until the last of ${runCount} has ended`,
    unit: 's',
    figure: summarize([seconds[way]]),
    baseline: {
      name: `${names[other]}, ${atOnce.parallelism} at a time`,
      figure: summarize([seconds[other]]),
    },
    goal: null,
  });
  return [
    row('engineLauncher', 'launcher'),
    row('process', 'launcher'),
    row('docker', 'launcher'),
    row('docker', 'engineLauncher'),
    row('docker', 'process'),
  ];
}

/** All ways in turn within each round, so that other load on the machine affects all of them alike. */
async function compareWays(
  options: ContainerFixture,
  what: string,
  rounds: number,
  take: Take,
): Promise<Row[]> {
  const taken = new Map<Way, number[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const way of ways) {
      await awaitQuiet(options);
      taken.get(way)?.push(await take(way));
    }
  const names = nameWays(options.engine.kind);
  const summary = (way: Way) => summarize(taken.get(way) ?? [], { withP95: true });
  return comparisons.flatMap(([way, others]) =>
    others.map((other) => ({
      name: `${names[way]}, ${what}`,
      unit: 'ms' as const,
      figure: summary(way),
      baseline: { name: names[other], figure: summary(other) },
      goal: null,
    })),
  );
}

interface Readings {
  alone: (run: Awaited<ReturnType<typeof runCommand>>) => number;
  served: (run: Awaited<ReturnType<DeployedWorkspace['completeRun']>>) => number;
}

function takeRun(
  { process, docker, engineRun }: ComparedWorkspace,
  way: Way,
  script: string,
  { alone, served }: Readings,
): Promise<number> {
  const run = async (command: readonly string[], at: CommandOptions) => alone(await runCommand(command, at));
  const takes: Record<Way, () => Promise<number>> = {
    script: () => run(process.bareScript(script), process.bare),
    launcher: () => run(process.bareLauncher(script), process.bare),
    engineScript: () => run(engineRun.script(script), engineRun.options),
    engineLauncher: () => run(engineRun.launcher(script), engineRun.options),
    process: async () => served(await process.completeRun(script)),
    docker: async () => served(await docker.completeRun(script)),
  };
  return takes[way]();
}

async function runToLast(
  server: TestServer,
  workspace: DeployedWorkspace,
  runCount: number,
): Promise<number> {
  const { completed, seconds } = await runAtOnce({ server, workspace, jobName: 'together' }, runCount);
  if (completed < runCount) throw new Error(`Only ${completed} of ${runCount} runs at once were completed`);
  return seconds;
}

/** Containers of ended runs are removed in the background. */
async function awaitQuiet({ engine }: ContainerFixture): Promise<void> {
  await eventually(
    'no container was left',
    async () => (await engine.call(['ps', '--all', '--quiet'])) === '',
  );
}
