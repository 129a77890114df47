import type {
  EnvironmentLocation,
  EnvironmentSpec,
} from '../../apps/server/src/executors/contract/environment-builder.ts';
import type { Executor } from '../../apps/server/src/executors/executor.ts';
import type { Row } from './report.ts';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createDataDir,
  createTestExecutor,
  findInstalledPython,
  requireTool,
  TEST_UID,
} from '../../apps/server/src/executors/process/testing/machine.ts';
import { readHostLayout } from '../../apps/server/src/executors/process/host-layout.ts';
import { summarize } from './samples.ts';

const run = promisify(execFile);
const plain = ['dlt[duckdb]'];
/** Ten sets of requirements that share most packages. */
const overlapping = [
  [],
  ['requests>=2'],
  ['pandas'],
  ['pyarrow'],
  ['pandas', 'pyarrow'],
  ['httpx'],
  ['sqlalchemy'],
  ['s3fs'],
  ['polars'],
  ['pandas', 'httpx'],
].map((more) => [...plain, ...more]);
const startProgram = 'import dlt._workspace.deployment.launchers.job, dlt; print(dlt.__version__)';

interface Built {
  location: EnvironmentLocation;
  lines: string[];
  buildMs: number;
  /** Time to the first line of a program that has imported dlt. */
  firstLineMs: number;
}

/**
 * The cost of an environment, compared with plain uv that copies and compiles everything, as environments
 * were built before.
 */
export async function measureEnvironments(rounds: number): Promise<Row[]> {
  const version = await findInstalledPython();
  const cold: Built[] = [];
  const warm: Built[] = [];
  const locked: Built[] = [];
  const byHand = await createUvBaseline(version);
  const uvTimes = { cold: [] as number[], warm: [] as number[] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const dataDir = await createDataDir();
      const executor = createTestExecutor(dataDir.path);
      cold.push(await build(executor, describe(version, plain, 'workspace-1')));
      await settle(cold.at(-1));
      warm.push(await build(executor, describe(version, plain, 'workspace-1')));
      const pins = listPins(cold.at(-1));
      await build(executor, describe(version, pins, 'workspace-2'));
      locked.push(await build(executor, describe(version, pins, 'workspace-3')));
      uvTimes.cold.push(await byHand.build(plain, `cold-${round}`));
      uvTimes.warm.push(await byHand.build(plain, `cold-${round}`));
      await dataDir.remove();
    }
    return [
      compare('nothing stored: to the first line of a program', cold, uvTimes.cold),
      {
        ...compare('stored: to the first line of a program', warm, uvTimes.warm),
        goal: { of: 'median', atMost: 3000 },
      },
      {
        ...compare('stored, requirements of a lock file: to the first line', locked, uvTimes.warm),
        goal: { of: 'median', atMost: 3000 },
      },
      {
        name: 'lines of the log of a build',
        unit: 'lines',
        figure: summarize(cold.map(({ lines }) => lines.length)),
        baseline: null,
        goal: null,
      },
    ];
  } finally {
    await byHand.remove();
  }
}

function compare(name: string, built: readonly Built[], uv: readonly number[]): Row {
  return {
    name,
    unit: 'ms',
    figure: summarize(built.map(({ buildMs, firstLineMs }) => buildMs + firstLineMs)),
    baseline: { name: 'uv, copied and compiled whole', figure: summarize(uv) },
    goal: null,
  };
}

/** Disk usage of ten environments, counting hard links once like du. */
export async function measureEnvironmentDisk(): Promise<Row[]> {
  const version = await findInstalledPython();
  const byHand = await createUvBaseline(version);
  const dataDir = await createDataDir();
  try {
    const executor = createTestExecutor(dataDir.path);
    const add = async (requirements: string[], workspaceId: string) => {
      await settle(await build(executor, describe(version, requirements, workspaceId)));
      await byHand.build(requirements, 'disk');
      return [await measureFolder(dataDir.path), await measureFolder(byHand.folder('disk'))] as const;
    };
    let ten = [0, 0] as readonly [number, number];
    for (const [number, requirements] of overlapping.entries()) {
      ten = await add(requirements, `workspace-${number % 3}`);
    }
    const eleven = await add(plain, 'workspace-0');
    const compareSizes = (name: string, own: number, uv: number): Row => ({
      name,
      unit: 'MB',
      figure: summarize([own]),
      baseline: { name: 'uv, copied and compiled whole', figure: summarize([uv]) },
      goal: null,
    });
    return [
      compareSizes('ten environments, with the store and caches', ten[0], ten[1]),
      {
        ...compareSizes('one more of dlt[duckdb]', eleven[0] - ten[0], eleven[1] - ten[1]),
        goal: { of: 'median', atMost: 30 },
      },
    ];
  } finally {
    await byHand.remove();
    await dataDir.remove();
  }
}

let builds = 0;

function describe(pythonVersion: string, requirements: string[], workspaceId: string): EnvironmentSpec {
  builds += 1;
  return {
    key: `key-${builds}`,
    organizationId: 'organization-1',
    workspaceId,
    pythonVersion,
    requirements,
    variables: {},
    maskedValues: [],
    uid: TEST_UID,
  };
}

async function build(executor: Executor, spec: EnvironmentSpec): Promise<Built> {
  const lines: string[] = [];
  const begun = performance.now();
  const location = await executor.buildEnvironment(spec, ({ text }) => lines.push(text));
  const built = performance.now();
  await run(join(location.path, 'bin/python'), ['-c', startProgram], { env: { HOME: tmpdir() } });
  return { location, lines, buildMs: built - begun, firstLineMs: performance.now() - built };
}

/** The versions chosen by a build, in the form of an exported lock file. */
function listPins(built: Built | undefined): string[] {
  const line = built?.lines.find((text) => text.startsWith('Packages: ')) ?? '';
  return line.slice('Packages: '.length).split(', ');
}

/** Waits until background compilation is done. */
async function settle(built: Built | undefined): Promise<void> {
  const rest = join(built?.location.path ?? '', '../rest.json');
  await run('sh', ['-c', 'while [ -e "$0" ]; do sleep 0.2; done', rest]);
}

async function createUvBaseline(version: string) {
  const root = await mkdtemp(join(tmpdir(), 'pumphouse-bench-uv-'));
  const uv = requireTool('uv');
  const certificates = readHostLayout().certificateBundle;
  const folder = (name: string) => join(root, name);
  let environments = 0;
  return {
    folder,
    /** Builds with the named cache, and returns milliseconds to the first line of a program. */
    async build(requirements: readonly string[], name: string): Promise<number> {
      environments += 1;
      const environment = join(folder(name), `venv-${environments}`);
      const python = join(environment, 'bin/python');
      const env = {
        PATH: process.env['PATH'],
        HOME: root,
        UV_CACHE_DIR: join(folder(name), 'cache'),
        UV_LINK_MODE: 'copy',
        UV_NO_CONFIG: '1',
        ...(certificates === null ? {} : { SSL_CERT_FILE: certificates }),
        UV_PYTHON_DOWNLOADS: 'never',
      };
      const begun = performance.now();
      await run(uv, ['venv', '--no-project', '--python', version, environment], { env });
      await run(uv, ['pip', 'install', '--compile-bytecode', '--python', python, ...requirements], { env });
      await run(python, ['-c', startProgram], { env: { HOME: root } });
      return performance.now() - begun;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function measureFolder(folder: string): Promise<number> {
  const { stdout } = await run('du', ['-s', '--block-size=1', folder]);
  return Number(stdout.split('\t')[0]) / 1e6;
}
