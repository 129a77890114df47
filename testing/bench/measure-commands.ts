import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { homeOf, startPumphouse } from '../fixtures/command.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';
import type { Row } from './report.ts';
import { summarize } from './samples.ts';

const startGoalMs = 120;
const files = {
  'first_line.py': 'print("first line", flush=True)\n',
  'jobs.py':
    'from dlt.hub.run import job, trigger\n\n\n@job(trigger=trigger.schedule("0 6 * * *"))\ndef load():\n    print("first line", flush=True)\n',
  '__deployment__.py': 'from jobs import load\n\n__all__ = ["load"]\n',
};

interface Scope {
  server: TestServer;
  install: DltClientInstall;
  workspace: ClientWorkspace;
}

/** A command line to time: its milliseconds until `mark` is printed, or until its end. */
type Timed = (args: readonly string[], mark?: string) => Promise<number>;

/** The `pumphouse` command, from its bundle, beside the official client on the same server and workspace. */
export async function measureCommands(rounds: number): Promise<Row[]> {
  await promisify(execFile)(process.execPath, [join(repositoryFolder, 'scripts', 'build-command.mjs')]);
  const parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const install = await prepareDltClient();
  const server = await startTestServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1' });
  try {
    const workspace = await createClientWorkspace({ install, server, parentFolder, name: 'commands' }, files);
    return await measureIn({ server, install, workspace }, rounds);
  } finally {
    await server.remove();
    await rm(parentFolder, { recursive: true, force: true });
  }
}

async function measureIn(scope: Scope, rounds: number): Promise<Row[]> {
  const ours = timePumphouse(scope);
  const theirs = timeDlthub(scope);
  const node: Timed = (args) => timeNode(args);
  // The environment of the runs is built, and both clients have uploaded what there is.
  await theirs(['deploy']);
  await ours(['launch', 'first_line.py', '-f']);
  const start = { ours: ['--version'], theirs: ['--version'] };
  const deploy = { ours: ['deploy'], theirs: ['deploy'] };
  const launch = { ours: ['launch', 'first_line.py', '-f'], theirs: ['run', 'first_line.py', '-f'] };
  const samples = {
    start: { ours: [] as number[], theirs: [] as number[], node: [] as number[] },
    deploy: { ours: [] as number[], theirs: [] as number[] },
    launch: { ours: [] as number[], theirs: [] as number[] },
  };
  for (let round = 0; round < rounds; round += 1) {
    samples.start.node.push(await node(['-e', '0']));
    samples.start.ours.push(await ours(start.ours));
    samples.start.theirs.push(await theirs(start.theirs));
    samples.deploy.ours.push(await ours(deploy.ours));
    samples.deploy.theirs.push(await theirs(deploy.theirs));
    samples.launch.ours.push(await ours(launch.ours, 'first line'));
    samples.launch.theirs.push(await theirs(launch.theirs, 'first line'));
  }
  const row = (name: string, figure: number[], baseline: { name: string; figure: number[] }): Row => ({
    name,
    unit: 'ms',
    figure: summarize(figure),
    baseline: { name: baseline.name, figure: summarize(baseline.figure) },
    goal: null,
  });
  const { start: s, deploy: d, launch: l } = samples;
  const isFive = summarize(d.theirs).median >= 5 * summarize(d.ours).median;
  return [
    {
      ...row('start: pumphouse --version', s.ours, { name: 'node -e 0', figure: s.node }),
      goal: { of: 'median', atMost: startGoalMs },
    },
    row('start: pumphouse --version', s.ours, { name: 'dlthub --version', figure: s.theirs }),
    {
      ...row('deploy without change: pumphouse', d.ours, { name: 'dlthub deploy', figure: d.theirs }),
      note: `goal: a fifth of it (${isFive ? 'met' : 'missed'})`,
    },
    row('launch -f to the first line: pumphouse', l.ours, { name: 'dlthub run -f', figure: l.theirs }),
  ];
}

function timePumphouse({ server, install, workspace }: Scope): Timed {
  const command = join(repositoryFolder, 'apps', 'pumphouse', 'dist', 'pumphouse.mjs');
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    RUNTIME__API_BASE_URL: server.url,
    RUNTIME__API_KEY: server.key,
    VIRTUAL_ENV: join(install.python, '..', '..'),
    XDG_CACHE_HOME: join(homeOf(workspace.folder), 'cache'),
  };
  return async (args, mark) => {
    const startedAt = performance.now();
    const running = startPumphouse(args, { cwd: workspace.folder, env, command });
    const marked = mark === undefined ? null : await running.printedAt(mark);
    const { code, stderr } = await running.result;
    if (code !== 0) throw new Error(`pumphouse ${args.join(' ')} ended with code ${code}:\n${stderr}`);
    return (marked ?? performance.now()) - startedAt;
  };
}

function timeDlthub({ server, install, workspace }: Scope): Timed {
  const client = install.inWorkspace(workspace.folder, { apiBaseUrl: server.url, apiKey: server.key });
  return async (args, mark) => {
    const startedAt = performance.now();
    let markedAt: number | null = null;
    const { code, stderr } = await client.run(args, {
      onOutput(text) {
        if (mark !== undefined && markedAt === null && text.includes(mark)) markedAt = performance.now();
      },
    });
    if (code !== 0) throw new Error(`dlthub ${args.join(' ')} ended with code ${code}:\n${stderr}`);
    return (markedAt ?? performance.now()) - startedAt;
  };
}

async function timeNode(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, [...args]);
  return performance.now() - startedAt;
}
