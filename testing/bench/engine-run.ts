import type { CommandOptions } from './command-output.ts';
import type { DeployedWorkspace } from './bench-workspace.ts';
import type { TestEngine } from '../fixtures/container-engine.ts';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bareVariables, copyBare } from './bench-workspace.ts';
import {
  defaultInstanceSizes,
  parseInstanceSizes,
} from '@pumphouse/server/domain/attempts/instance-sizes.ts';

/**
 * Runs the same as the docker executor with `podman run --rm` or `docker run --rm`: its image, limits,
 * network and environment.
 */
export interface EngineRun {
  launcher(jobName: string): string[];
  script(name: string): string[];
  options: CommandOptions;
}

const uid = 60_906;
const folders = { environment: '/environment', attempt: '/attempt' };
const python = `${folders.environment}/venv/bin/python`;
const temporaryBytes = 256 * 1024 * 1024;

/** Uses the latest built environment, so call it after the workspace's first run has ended. */
export async function createEngineRun(engine: TestEngine, workspace: DeployedWorkspace): Promise<EngineRun> {
  const folder = `${workspace.folder}-engine-run`;
  await mkdir(folder);
  await copyBare(workspace.folder, join(folder, 'work'));
  await promisify(execFile)('chown', ['--recursive', `${uid}:${uid}`, folder]);
  const volume = await findNewestEnvironment(engine);
  const { command } = engine;
  const before = [
    ...command.argv,
    'run',
    '--rm',
    ...planOptions(),
    ...listVariables(),
    '--network',
    await findNetwork(engine),
    '--volume',
    `${volume.name}:${folders.environment}:ro`,
    '--volume',
    `${folder}:${folders.attempt}`,
    `localhost/pumphouse-runner:${volume.python}`,
  ];
  return {
    launcher: (jobName) => [...before, python, ...workspace.launcherArguments(jobName)],
    script: (name) => [...before, python, '-u', `${name}.py`],
    options: { cwd: '/', env: command.env },
  };
}

/** The same options as the docker executor's containers (container-plan.ts). */
function planOptions(): string[] {
  const { small } = parseInstanceSizes(defaultInstanceSizes);
  return [
    '--read-only',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    `--tmpfs=/tmp:rw,nosuid,nodev,size=${temporaryBytes},mode=1777`,
    `--shm-size=${temporaryBytes}`,
    `--memory=${small.memoryBytes}`,
    `--memory-swap=${small.memoryBytes}`,
    `--cpus=${small.cpus}`,
    `--pids-limit=${small.processes}`,
    `--user=${uid}:${uid}`,
    `--workdir=${folders.attempt}/work`,
  ];
}

function listVariables(): string[] {
  const variables = {
    PATH: `${folders.environment}/venv/bin:/usr/local/bin:/usr/bin:/bin`,
    HOME: `${folders.attempt}/home`,
    ...bareVariables(),
  };
  return Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`);
}

async function findNewestEnvironment(engine: TestEngine): Promise<{ name: string; python: string }> {
  const listed = await engine.call([
    'volume',
    'ls',
    '--quiet',
    '--filter',
    'label=pumphouse.kind=environment',
  ]);
  const names = listed.split('\n').filter(Boolean);
  const volumes = JSON.parse(await engine.call(['volume', 'inspect', ...names])) as {
    Name: string;
    CreatedAt: string;
    Labels: Record<string, string>;
  }[];
  const newest = volumes.toSorted((a, b) => Date.parse(b.CreatedAt) - Date.parse(a.CreatedAt))[0];
  if (!newest) throw new Error('The engine has no environment');
  return { name: newest.Name, python: newest.Labels['pumphouse.python'] ?? '' };
}

async function findNetwork(engine: TestEngine): Promise<string> {
  const filter = ['--filter', 'label=pumphouse.kind=open'];
  const [name = ''] = (await engine.call(['network', 'ls', ...filter, '--format', '{{.Name}}'])).split('\n');
  if (name === '') throw new Error('The engine has no network for runs');
  return name;
}
