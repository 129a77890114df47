/**
 * Environments as volumes, built in a container of the runner image: a source distribution runs untrusted
 * code.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import {
  EnvironmentBuildError,
  type EnvironmentLine,
  type EnvironmentLocation,
  type EnvironmentSpec,
} from '../contract/environment-builder.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import {
  planBuildFiles,
  planBuildSteps,
  planBuildVariables,
  type BuildPaths,
  type BuildStep,
} from '../environment-steps.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import { checkRequirements } from '../requirements.ts';
import { foldBuildLines } from '../fold-build-lines.ts';
import { explainUvFailure } from '../../domain/environments/uv-failure.ts';
import { bootstrapUser, describeMachine, planContainer, type ClosedMachine } from './container-plan.ts';
import { attachOutput } from './container-output.ts';
import { asExecutorError, orNull } from './engine.ts';
import { putFiles } from './files.ts';
import type { RunnerImage } from './images.ts';
import {
  certificateBundle,
  executorName,
  folders,
  labels,
  labelsOf,
  programs,
  shortInstallation,
} from './names.ts';
import { makeVolume, removeVolume } from './volumes.ts';

/** Exit codes of pumphouse_bootstrap/environment_build.py: this plus the number of the failed step. */
const firstFailure = 10;
/**
 * Number of output lines kept: the error of a source distribution that fails to build has about a hundred
 * lines.
 */
const lastOutputLines = 200;

const planFolder = `${folders.attempt}/plan`;

const paths: BuildPaths = {
  environment: folders.virtualEnvironment,
  cache: folders.cache,
  plan: folders.record,
  uv: programs.uv,
  hooks: `${programs.bootstrap}/environment_hooks`,
};

export interface BuildContext {
  engine: Docker;
  installationId: string;
  image: RunnerImage;
  network: string;
  engineCpus: number;
  limits: AttemptLimits;
  machine: ClosedMachine;
  faultPoints: FaultPoints;
}

/** Properties of an environment, from its volume's labels. */
export interface EnvironmentDetails {
  python: string;
  base: string;
}

export function cacheVolume(installationId: string, workspaceId: string): string {
  return `pumphouse-${shortInstallation(installationId)}-cache-${workspaceId}`;
}

/** Null if there is no such environment. */
export async function readEnvironmentDetails(
  engine: Docker,
  { executor, path }: EnvironmentLocation,
): Promise<EnvironmentDetails | null> {
  if (executor !== executorName) return null;
  const volume = await orNull(engine.getVolume(path).inspect());
  const own = volume?.Labels ?? {};
  if (own[labels.kind] !== 'environment') return null;
  return { python: own[labels.python] ?? '', base: own[labels.base] ?? '' };
}

/**
 * Builds an environment in a new volume and returns its location.
 * @throws EnvironmentBuildError, and ExecutorError backend when the engine goes down
 */
export async function buildEnvironment(
  context: BuildContext,
  spec: EnvironmentSpec,
  onLine: (line: EnvironmentLine) => void,
  signal?: AbortSignal,
): Promise<EnvironmentLocation> {
  checkRequirements(spec.requirements);
  const { engine, installationId } = context;
  const id = `pumphouse-${shortInstallation(installationId)}-environment-${spec.key.slice(0, 16)}-${randomUUID().slice(0, 8)}`;
  const build = { container: `${id}-build`, volume: `${id}-build` };
  const whose = { [labels.environmentKey]: spec.key, [labels.organization]: spec.organizationId };
  const label = (kind: 'build' | 'environment' | 'cache') => labelsOf(installationId, kind, whose);
  const cache = cacheVolume(installationId, spec.workspaceId);
  let isBuilt = false;
  try {
    await makeVolume(engine, id, {
      ...label('environment'),
      [labels.python]: spec.pythonVersion,
      [labels.base]: context.image.base,
    });
    await makeVolume(engine, build.volume, label('build'));
    await makeVolume(
      engine,
      cache,
      labelsOf(installationId, 'cache', { [labels.organization]: spec.organizationId }),
    );
    const container = await engine.createContainer(
      planContainer({
        name: build.container,
        image: context.image.id,
        command: [
          programs.python,
          '-I',
          '-S',
          `${programs.bootstrap}/environment_build.py`,
          `${planFolder}/build.json`,
        ],
        labels: label('build'),
        // Root, until the engine's machine is blocked for the user that runs the commands.
        user: bootstrapUser,
        capabilities: ['SETUID', 'SETGID', 'NET_ADMIN'],
        mounts: [
          { volume: build.volume, folder: folders.attempt, writable: true },
          { volume: id, folder: folders.environment, writable: true },
          { volume: cache, folder: folders.cache, writable: true },
        ],
        network: context.network,
        limits: context.limits,
        engineCpus: context.engineCpus,
      }),
    );
    await runBuild(container, spec, context.machine, { onLine, signal });
    await context.faultPoints.reach('before-environment-complete');
    isBuilt = true;
    return { executor: executorName, path: id };
  } catch (error) {
    throw asExecutorError(error, 'The environment could not be built');
  } finally {
    // Anything that an unreachable engine keeps is found by its labels later.
    await engine
      .getContainer(build.container)
      .remove({ v: true, force: true })
      .catch(() => undefined);
    await removeVolume(engine, build.volume).catch(() => undefined);
    if (!isBuilt) await removeVolume(engine, id).catch(() => undefined);
  }
}

async function runBuild(
  container: Docker.Container,
  spec: EnvironmentSpec,
  machine: ClosedMachine,
  { onLine, signal }: { onLine: (line: EnvironmentLine) => void; signal: AbortSignal | undefined },
): Promise<void> {
  const steps = planBuildSteps(paths, programs.python, spec);
  const owner = { uid: spec.uid, gid: spec.uid };
  const plan = {
    machine: describeMachine(machine),
    drop_to: owner,
    steps,
    variables: planBuildVariables(spec, paths, certificateBundle),
    masked_values: spec.maskedValues,
  };
  const files = [
    { path: 'record', content: null },
    ...planBuildFiles(spec).map(({ name, content }) => ({ path: `record/${name}`, content })),
    { path: 'plan', content: null, owner: bootstrapUser },
    { path: 'plan/build.json', content: JSON.stringify(plan), owner: bootstrapUser },
  ];
  await putFiles(container, folders.attempt, files, owner);
  const kill = (): void => void container.kill({ signal: 'SIGKILL' }).catch(() => undefined);
  signal?.addEventListener('abort', kill);
  const folded = foldBuildLines(onLine);
  try {
    const lastOutput = await followOutput(container, (line) => folded.onLine(line), signal);
    if (signal?.aborted === true) {
      throw new EnvironmentBuildError('builder_failed', 'The build was cancelled.', { cause: signal.reason });
    }
    const { State: state } = await container.inspect();
    if (state.ExitCode !== 0) {
      folded.fail();
      throw describeFailure(steps, state, lastOutput);
    }
    folded.succeed();
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/**
 * Starts the container and passes on its output until it has ended.
 * @returns its last lines
 */
export async function followOutput(
  container: Docker.Container,
  onLine: (line: EnvironmentLine) => void,
  signal?: AbortSignal,
): Promise<string[]> {
  const output = await attachOutput(container);
  const kept: Record<EnvironmentLine['stream'], string[]> = { stdout: [], stderr: [] };
  const read = async (name: EnvironmentLine['stream'], source: Readable): Promise<void> => {
    for await (const text of createInterface({ input: source, crlfDelay: Infinity })) {
      onLine({ stream: name, text });
      if (kept[name].push(text) > lastOutputLines) kept[name].shift();
    }
  };
  try {
    if (signal?.aborted === true) return [];
    const reading = Promise.all([read('stdout', output.stdout), read('stderr', output.stderr)]);
    await container.start();
    await reading;
    // Streams also end when the engine goes down: only the engine's response confirms that the build has
    // ended.
    await container.wait();
    return kept.stderr.length > 0 ? kept.stderr : kept.stdout;
  } finally {
    // Docker keeps the stream of a container that never started even after its removal, which would block
    // shutdown.
    output.close();
  }
}

function describeFailure(
  steps: readonly BuildStep[],
  state: { ExitCode: number; OOMKilled: boolean },
  lastOutput: readonly string[],
): EnvironmentBuildError {
  const message = explainUvFailure(lastOutput);
  if (state.OOMKilled) {
    return new EnvironmentBuildError(
      'requirements_failed',
      `${message} The build needed more memory than it may use and was killed.`.trim(),
    );
  }
  const failure = steps[state.ExitCode - firstFailure]?.failure ?? 'builder_failed';
  return new EnvironmentBuildError(
    failure,
    message === '' ? `The build ended with exit code ${state.ExitCode} without any output.` : message,
  );
}

/** @throws ExecutorError backend while a container uses it */
export async function removeEnvironment(
  engine: Docker,
  location: EnvironmentLocation,
  faultPoints: FaultPoints,
): Promise<void> {
  if ((await readEnvironmentDetails(engine, location)) === null) return;
  await faultPoints.reach('in-environment-removal');
  await removeVolume(engine, location.path);
}

/** @throws ExecutorError config for anything but an environment of this executor */
export async function requireEnvironment(
  engine: Docker,
  location: EnvironmentLocation,
): Promise<EnvironmentDetails> {
  const details = await readEnvironmentDetails(engine, location);
  if (details !== null) return details;
  throw new ExecutorError('config', `There is no environment ${location.path}.`);
}
