/**
 * `npm run bench`: measures the speed of Pumphouse on this machine, each figure with the machine's baseline
 * from the same minutes. Read the report together with its load averages; it is not a test. See
 * docs/contribute/bench.md.
 */
import type { BenchFixture } from './bench-fixture.ts';
import type { EngineKind } from '../../deploy/images/engine-command.ts';
import type { Report, Row, Section } from './report.ts';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareWith } from './compare.ts';
import { createBenchFixture } from './bench-fixture.ts';
import { formatSection, tableHead, writeReport } from './report.ts';
import { createContainerFixture, type ContainerFixture } from './container-fixture.ts';
import { findInstalledEngines } from '../fixtures/container-engine.ts';
import { measureAppOpening } from './measure-app-opening.ts';
import { measureApps } from './measure-apps.ts';
import { measureCommands } from './measure-commands.ts';
import { measureBurst } from './measure-burst.ts';
import { measureCompletion, measureLaunch, measurePipeline } from './measure-launch.ts';
import {
  measureContainerBurst,
  measureContainerLaunch,
  measureContainerPipeline,
} from './measure-containers.ts';
import { measureConsole } from './measure-console.ts';
import { measureConsolePages } from './measure-console-pages.ts';
import { measureDatabases } from './measure-databases.ts';
import { measureBackup } from './measure-backup.ts';
import { measureBackfills } from './measure-backfills.ts';
import { measureDeploy } from './measure-deploy.ts';
import { measureEnvironmentDisk, measureEnvironments } from './measure-environments.ts';
import { measureEvents } from './measure-events.ts';
import { measureFirstWrites } from './measure-first-writes.ts';
import { measureForked } from './measure-forked.ts';
import { measureHistory } from './measure-history.ts';
import { measureJobs } from './measure-jobs.ts';
import { measureUpgrade } from './measure-upgrade.ts';
import { measureIdle, measureServerStart } from './measure-server.ts';
import { measureLive } from './measure-live.ts';
import { measureLogLag } from './measure-log-lag.ts';
import { measureObservability } from './measure-observability.ts';
import { measurePipelines } from './measure-pipelines.ts';
import { measureSignInFlood } from './measure-sign-in.ts';
import { measurePlans } from './measure-plans.ts';
import { measureSlots } from './measure-slots.ts';
import { measureStatistics } from './measure-statistics.ts';
import { measureTicks } from './measure-ticks.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { watchNoise } from './noise.ts';

interface Measure<Scope = BenchFixture> {
  name: string;
  title: string;
  take: (context: Scope) => Promise<Row[]>;
}

/** A measurement that prepares everything it needs itself. */
interface OwnMeasure {
  name: string;
  title: string;
  takeAlone: () => Promise<Row[]>;
}

function listMeasures(rounds: number, burstRuns: number): Measure[] {
  const few = Math.max(1, Math.ceil(rounds / 3));
  return [
    {
      name: 'idle',
      title: 'Idle, before any run but one',
      take: ({ server }) => measureIdle(server, 'after a start'),
    },
    { name: 'launch', title: 'Launch', take: (context) => measureLaunch(context, rounds) },
    { name: 'completion', title: 'A run to its end', take: (context) => measureCompletion(context, rounds) },
    { name: 'pipeline', title: 'A tiny dlt pipeline', take: (context) => measurePipeline(context, rounds) },
    { name: 'log', title: 'Log lag', take: measureLogLag },
    { name: 'deploy', title: 'Deploy (official client)', take: (context) => measureDeploy(context, few) },
    { name: 'burst', title: 'Many runs at once', take: (context) => measureBurst(context, burstRuns) },
    {
      name: 'idle-after',
      title: 'Idle, after all that',
      take: ({ server }) => measureIdle(server, 'after work'),
    },
  ];
}

function listOwnMeasures(
  rounds: number,
  burstRuns: number,
  historyRuns: readonly number[],
  tickJobs: readonly number[],
  upgradesFrom: readonly number[],
  backupRuns: readonly number[],
): OwnMeasure[] {
  const few = Math.max(1, Math.ceil(rounds / 3));
  const most = Math.max(...historyRuns);
  return [
    {
      name: 'forked',
      title: 'Runs forked from a template, and cold ones',
      takeAlone: () => measureForked(rounds, burstRuns),
    },
    {
      name: 'databases',
      title: 'Many runs at once and DuckDB files',
      takeAlone: () => measureDatabases(burstRuns),
    },
    {
      name: 'first-write',
      title: 'The first write of a run',
      takeAlone: () => measureFirstWrites(20 * rounds, 100),
    },
    { name: 'commands', title: 'The pumphouse command', takeAlone: () => measureCommands(rounds) },
    { name: 'start', title: 'Server start', takeAlone: () => measureServerStart(few) },
    { name: 'console', title: 'The console in Chromium', takeAlone: () => measureConsole(rounds) },
    {
      name: 'console-pages',
      title: 'Pages of the console, over 120 days of runs',
      takeAlone: () => measureConsolePages(few),
    },
    {
      name: 'apps',
      title: 'The proxy in front of apps',
      takeAlone: () => measureApps(few),
    },
    { name: 'apps', title: 'Apps in Chromium, or in a client', takeAlone: () => measureAppOpening(few) },
    { name: 'environments', title: 'Environments', takeAlone: () => measureEnvironments(few) },
    { name: 'environments-disk', title: 'Environments on the disk', takeAlone: measureEnvironmentDisk },
    { name: 'live', title: 'Events and logs', takeAlone: () => measureLive(rounds) },
    {
      name: 'events',
      title: 'Triggers that write events',
      takeAlone: () => measureEvents(rounds),
    },
    { name: 'observability', title: 'Metrics and traces', takeAlone: measureObservability },
    { name: 'sign-in', title: 'Passwords tried out', takeAlone: measureSignInFlood },
    { name: 'backfills', title: 'A backfill of 1,000 windows', takeAlone: () => measureBackfills(1000, few) },
    {
      name: 'backfills',
      title: 'A backfill of 100,000 windows',
      takeAlone: () => measureBackfills(100_000, 3),
    },
    ...tickJobs.map((jobCount) => ({
      name: 'ticks',
      title: `${jobCount.toLocaleString('en')} jobs on a clock`,
      takeAlone: () => measureTicks(jobCount),
    })),
    {
      name: 'history',
      title: `The last 100 over ${most.toLocaleString('en')} job runs`,
      takeAlone: () => measureHistory(historyRuns),
    },
    ...backupRuns.map((runCount) => ({
      name: 'backup',
      title: `A backup of ${runCount.toLocaleString('en')} runs while the server works, and its restore`,
      takeAlone: () => measureBackup(runCount),
    })),
    { name: 'jobs', title: 'The jobs page over 10,000 jobs', takeAlone: measureJobs },
    {
      name: 'plans',
      title: 'What runs next, the graph and comparisons, over 10,000 jobs',
      takeAlone: measurePlans,
    },
    ...historyRuns.map((runCount) => ({
      name: 'statistics',
      title: `Statistics over ${runCount.toLocaleString('en')} pipeline runs`,
      takeAlone: () => measureStatistics({ runCount, rounds: rounds * 5 }),
    })),
    ...historyRuns.map((runCount) => ({
      name: 'pipelines',
      title: `Pages of pipelines over ${runCount.toLocaleString('en')} pipeline runs`,
      takeAlone: () => measurePipelines({ runCount, rounds: rounds * 5 }),
    })),
    {
      name: 'upgrade',
      title: `Upgrades while runs are written, over ${most.toLocaleString('en')} runs`,
      takeAlone: () => measureUpgrade({ runs: most, from: upgradesFrom }),
    },
  ];
}

function listContainerMeasures(rounds: number, burstRuns: number): Measure<ContainerFixture>[] {
  return [
    {
      name: 'containers',
      title: 'Launch, by executor',
      take: (context) => measureContainerLaunch(context, rounds),
    },
    {
      name: 'containers',
      title: 'A tiny dlt pipeline, by executor',
      take: (context) => measureContainerPipeline(context, rounds),
    },
    {
      name: 'containers-burst',
      title: 'Many runs at once, by executor',
      take: (context) => measureContainerBurst(context, burstRuns),
    },
  ];
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    'burst-runs': { type: 'string', default: '50' },
    'history-runs': { type: 'string', multiple: true, default: ['100000', '1000000'] },
    'tick-jobs': { type: 'string', multiple: true, default: ['100', '1000', '10000'] },
    'backup-runs': { type: 'string', multiple: true, default: ['100000'] },
    'upgrade-from': { type: 'string', multiple: true, default: ['1', '50', '60'] },
    engine: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    compare: { type: 'string' },
  },
});
const say = (text: string) => void process.stdout.write(`${text}\n`);

const isAsked = ({ name }: { name: string }) => values.only.length === 0 || values.only.includes(name);
const historyRuns = values['history-runs'].map(Number);
const measures = listMeasures(Number(values.rounds), Number(values['burst-runs'])).filter(isAsked);
const ownMeasures = listOwnMeasures(
  Number(values.rounds),
  Number(values['burst-runs']),
  historyRuns,
  values['tick-jobs'].map(Number),
  values['upgrade-from'].map(Number),
  values['backup-runs'].map(Number),
).filter(isAsked);
const containerMeasures = listContainerMeasures(Number(values.rounds), Number(values['burst-runs'])).filter(
  isAsked,
);
const slotsAreAsked = isAsked({ name: 'slots' });
const report: Report = { startedAt: new Date().toISOString(), machine: {}, sections: [] };

if (values.compare === undefined) await measureAll();
else say(await compareWith(values.compare, listOptionsBeside('compare')));

async function measureAll(): Promise<void> {
  if (measures.length > 0) await measureInPlace();
  else describe('');
  for (const kind of await findMeasuredEngines()) {
    if (containerMeasures.length > 0) await measureOnEngine(kind);
    if (slotsAreAsked) await measureSlotsOn(kind);
  }
  for (const { title, takeAlone } of ownMeasures) await measureSection(title, takeAlone);
  say(`Written to ${await writeReport(join(repositoryFolder, 'bench-results'), report)}`);
}

/** The options of this call without one of them. */
function listOptionsBeside(name: string): string[] {
  const argv = process.argv.slice(2);
  const at = argv.findIndex((argument) => argument.split('=')[0] === `--${name}`);
  return argv.toSpliced(at, argv[at]?.includes('=') === true ? 1 : 2);
}

async function measureInPlace(): Promise<void> {
  say('Preparing a server, a workspace and its environment ...');
  const context = await createBenchFixture();
  try {
    describe(context.server.log());
    for (const { title, take } of measures) await measureSection(title, () => take(context));
  } finally {
    await context.remove();
  }
}

async function findMeasuredEngines(): Promise<EngineKind[]> {
  if (containerMeasures.length === 0 && !slotsAreAsked) return [];
  const installed = await findInstalledEngines();
  return installed.filter((kind) => values.engine === undefined || values.engine === kind);
}

async function measureSlotsOn(kind: EngineKind): Promise<void> {
  const title = `Runs in prepared containers, and in new ones, ${kind}`;
  await measureSection(title, () => measureSlots(kind, Number(values.rounds)));
}

async function measureOnEngine(kind: EngineKind): Promise<void> {
  say(`Preparing ${kind}, and a server for each executor ...`);
  const context = await createContainerFixture(kind);
  try {
    for (const { title, take } of containerMeasures)
      await measureSection(`${title}, ${kind}`, () => take(context));
  } finally {
    await context.remove();
  }
}

function describe(serverLog: string): void {
  report.machine = describeMachine(serverLog);
  for (const [name, value] of Object.entries(report.machine)) say(`${name}: ${value}`);
  say(`\n${tableHead}`);
}

async function measureSection(title: string, take: () => Promise<Row[]>): Promise<void> {
  const endWatch = watchNoise();
  const rows = await take();
  const section: Section = { title, noise: endWatch(), rows };
  report.sections.push(section);
  say(formatSection(section));
}
function describeMachine(serverLog: string): Report['machine'] {
  const isolation = /"detail":"([^"]+)"/.exec(serverLog)?.[1] ?? 'not known';
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'not known',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    runs: isolation,
  };
}
