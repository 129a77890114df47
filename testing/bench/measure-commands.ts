import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { homeOf, startPumphouse } from '../fixtures/command.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, prepareOlderClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { createOlderClient, type OlderClient } from '../fixtures/older-client.ts';
import {
  ownerEmail,
  repositoryFolder,
  runAdmin,
  startTestServer,
  type TestServer,
} from '../fixtures/server.ts';
import type { Row } from './report.ts';
import { summarize } from './samples.ts';

const startGoalMs = 120;
const deployGoalRatio = 5;
const firstLine = 'first line';
const files = {
  'first_line.py': `print("${firstLine}", flush=True)\n`,
  'jobs.py':
    'from dlt.hub.run import job, trigger\n\n\n@job(trigger=trigger.schedule("0 6 * * *"))\ndef load():\n    pass\n',
  '__deployment__.py': 'from jobs import load\n\n__all__ = ["load"]\n',
  'requirements.txt': 'dlt[duckdb]==1.31.0\n',
};

/** Milliseconds of a command line, to its end or until it prints the first line of the user's code. */
type Timed = (args: readonly string[], until: 'end' | 'first line') => Promise<number>;

interface Commands {
  pumphouse: Timed;
  dlthub: Timed;
  older: Timed;
}

/** The `pumphouse` command, from its bundle, beside both clients of the vendor on the same server. */
export async function measureCommands(rounds: number): Promise<Row[]> {
  await promisify(execFile)(process.execPath, [
    join(repositoryFolder, 'scripts', 'packages', 'build-command.mjs'),
  ]);
  const parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const server = await startTestServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1' });
  try {
    return await compare(await prepareCommands(server, parentFolder), rounds);
  } finally {
    await server.remove();
    await rm(parentFolder, { recursive: true, force: true });
  }
}

async function prepareCommands(server: TestServer, parentFolder: string): Promise<Commands> {
  const install = await prepareDltClient();
  const workspace = await createClientWorkspace({ install, server, parentFolder, name: 'commands' }, files);
  const older = await createOlderClient(
    { install: await prepareOlderClient('0.26.1'), server, folder: join(parentFolder, 'older') },
    { ...files, '.dlt/config.toml': `[runtime]\nworkspace_id = "${workspace.api.id}"\n` },
  );
  const jwt = (await runAdmin(server, ['create-key', '--email', ownerEmail, '--jwt'])).trim();
  return {
    pumphouse: timePumphouse(server, install, workspace),
    dlthub: timeDlthub(server, install, workspace),
    older: timeOlder(older, jwt),
  };
}

/** In turn, so that a slow minute of the machine is one of all commands. */
async function compare({ pumphouse, dlthub, older }: Commands, rounds: number): Promise<Row[]> {
  const launch = ['launch', 'first_line.py', '-f'];
  // Builds the environment of the runs. Afterwards no command has anything to upload.
  for (const deploy of [dlthub, older, pumphouse]) await deploy(['deploy'], 'end');
  await pumphouse(launch, 'end');
  const samples = Map.groupBy(
    await measureInTurn(rounds, [
      ['node', () => timeNode()],
      ['pumphouse --version', () => pumphouse(['--version'], 'end')],
      ['dlthub --version', () => dlthub(['--version'], 'end')],
      ['pumphouse deploy', () => pumphouse(['deploy'], 'end')],
      ['dlthub deploy', () => dlthub(['deploy'], 'end')],
      ['dlt runtime deploy', () => older(['deploy'], 'end')],
      ['pumphouse launch -f', () => pumphouse(launch, 'first line')],
      ['dlthub run -f', () => dlthub(['run', 'first_line.py', '-f'], 'first line')],
      ['dlt runtime launch -f', () => older(launch, 'first line')],
    ]),
    ({ name }) => name,
  );
  const figureOf = (name: string) => summarize((samples.get(name) ?? []).map(({ tookMs }) => tookMs));
  const row = (name: string, own: string, other: string): Row => ({
    name,
    unit: 'ms',
    figure: figureOf(own),
    baseline: { name: other, figure: figureOf(other) },
    goal: null,
  });
  const isFastEnough =
    figureOf('dlthub deploy').median >= deployGoalRatio * figureOf('pumphouse deploy').median;
  return [
    {
      ...row('pumphouse: start', 'pumphouse --version', 'node'),
      goal: { of: 'median', atMost: startGoalMs },
    },
    row('pumphouse: start', 'pumphouse --version', 'dlthub --version'),
    {
      ...row('pumphouse: deploy without change', 'pumphouse deploy', 'dlthub deploy'),
      note: `at most a fifth: ${isFastEnough ? 'met' : 'missed'}`,
    },
    row('pumphouse: deploy without change', 'pumphouse deploy', 'dlt runtime deploy'),
    row('pumphouse: launch -f to the first line', 'pumphouse launch -f', 'dlthub run -f'),
    row('pumphouse: launch -f to the first line', 'pumphouse launch -f', 'dlt runtime launch -f'),
  ];
}

async function measureInTurn(
  rounds: number,
  measured: readonly (readonly [name: string, measure: () => Promise<number>])[],
): Promise<{ name: string; tookMs: number }[]> {
  const samples: { name: string; tookMs: number }[] = [];
  for (let round = 0; round < rounds; round += 1)
    for (const [name, measure] of measured) samples.push({ name, tookMs: await measure() });
  return samples;
}

function timePumphouse(server: TestServer, install: DltClientInstall, workspace: ClientWorkspace): Timed {
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    RUNTIME__API_BASE_URL: server.url,
    RUNTIME__API_KEY: server.key,
    VIRTUAL_ENV: join(install.python, '..', '..'),
    XDG_CACHE_HOME: join(homeOf(workspace.folder), 'cache'),
  };
  const command = join(repositoryFolder, 'apps', 'pumphouse', 'dist', 'pumphouse.mjs');
  return async (args, until) => {
    const startedAt = performance.now();
    const running = startPumphouse(args, { cwd: workspace.folder, env, command });
    const printedAt = until === 'end' ? null : await running.printedAt(firstLine);
    const { code, stderr } = await running.result;
    if (code !== 0) throw new Error(`pumphouse ${args.join(' ')} ended with code ${code}:\n${stderr}`);
    return (printedAt ?? performance.now()) - startedAt;
  };
}

function timeDlthub(server: TestServer, install: DltClientInstall, workspace: ClientWorkspace): Timed {
  const client = install.inWorkspace(workspace.folder, { apiBaseUrl: server.url, apiKey: server.key });
  return (args, until) => timeClient(until, (onOutput) => client.run(args, { onOutput }));
}

function timeOlder(client: OlderClient, jwt: string): Timed {
  const variables = { RUNTIME__AUTH_TOKEN: jwt };
  return (args, until) => timeClient(until, (onOutput) => client.run(args, { variables, onOutput }));
}

async function timeClient(
  until: 'end' | 'first line',
  run: (onOutput: (text: string) => void) => Promise<{ code: number; stdout: string; stderr: string }>,
): Promise<number> {
  const startedAt = performance.now();
  let printedAt: number | null = null;
  const { code, stdout, stderr } = await run((text) => {
    if (until === 'first line' && text.includes(firstLine)) printedAt ??= performance.now();
  });
  if (code !== 0) throw new Error(`A client ended with code ${code}:\n${stdout}${stderr}`);
  return (printedAt ?? performance.now()) - startedAt;
}

async function timeNode(): Promise<number> {
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, ['-e', '0']);
  return performance.now() - startedAt;
}
