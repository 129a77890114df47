/** Attempts as containers: start, inspect, stop, remove. */
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { AttemptInspection, AttemptSpec, ListedAttempt } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { LocalDataScope } from '../contract/local-data-store.ts';
import { buildHandle } from './attempt-handle.ts';
import {
  planAttempt,
  planAttemptFiles,
  planContainer,
  type AttemptVolumes,
  type ClosedMachine,
} from './container-plan.ts';
import { readLastOutput } from './container-output.ts';
import { isConflict, isMissing, orNull } from './engine.ts';
import { hasFile, putFiles } from './files.ts';
import {
  attemptName,
  attemptVolume,
  filterOf,
  folders,
  labels,
  labelsOf,
  localDataVolume,
  readAssignedAttempt,
} from './names.ts';
import { readExitDetails } from './spool.ts';
import { makeVolume, removeVolume } from './volumes.ts';

/**
 * Time that another server may take from creating a container to starting it, before that server counts as
 * dead.
 */
const strangersStartMilliseconds = 20_000;
const firstPauseMilliseconds = 20;
const maxPauseMilliseconds = 500;
/** Longer than a server waits for a slot to confirm its attempt. */
const assignmentMilliseconds = 10_000;
const secondWaitSeconds = 2;
const killWaitSeconds = 5;
const lastKillWaitSeconds = 10;
const endIsSeenSeconds = 5;
/** 128 plus the number of SIGKILL. */
const killedExitCode = 137;

/** What an attempt is started with, in addition to its specification. */
export interface AttemptContext {
  engineId: string;
  image: string;
  network: string;
  engineCpus: number;
  volumes: AttemptVolumes;
  machine: ClosedMachine;
  /** Fills the volume of an attempt that has a copy of local data. */
  copyLocalData: () => Promise<void>;
  faultPoints: FaultPoints;
}

/** The attempt's container, or null if the engine has none. */
export async function inspectAttempt(
  engine: Docker,
  attemptId: string,
): Promise<ContainerInspectInfo | null> {
  return orNull(engine.getContainer(attemptName(attemptId)).inspect());
}

/** Whether the container was ever started. If so, it is never started again. */
export function hasStarted(container: ContainerInspectInfo): boolean {
  return !['created', 'configured', 'initialized'].includes(container.State.Status);
}

/**
 * Creates and starts the container, or waits for another server that is doing so. A container that was
 * created but never started by a server that died is recreated, because its files may be incomplete.
 * @throws the engine's error; nothing of the attempt is left then
 */
export async function startContainer(
  engine: Docker,
  spec: AttemptSpec,
  context: AttemptContext,
): Promise<void> {
  const plan = planContainer(planAttempt(spec, context));
  for (;;) {
    try {
      await makeAttemptVolume(engine, spec, context.volumes.attempt);
      // Copy before creating the container: copying may take long, and an unstarted container would count as
      // abandoned.
      await context.copyLocalData();
      await engine.createContainer(plan);
      break;
    } catch (error) {
      if (!isConflict(error)) {
        // Without a container no other server is working on the attempt; otherwise its volume must stay.
        if ((await inspectAttempt(engine, spec.attemptId)) === null)
          await removeVolume(engine, context.volumes.attempt);
        throw error;
      }
      if (await awaitStranger(engine, spec.attemptId)) return;
    }
  }
  const container = engine.getContainer(plan.name);
  await context.faultPoints.reach('in-attempt-preparation');
  try {
    const { files, owner } = planAttemptFiles(spec, context.machine);
    await putFiles(container, folders.attempt, files, owner);
    await container.start();
  } catch (error) {
    // Another server may have considered it abandoned, removed and recreated it: then the running container
    // is that server's.
    const found = await inspectAttempt(engine, spec.attemptId).catch(() => null);
    if (found !== null && hasStarted(found)) return;
    await discardContainer(engine, spec.attemptId, context.volumes.attempt);
    throw error;
  }
}

/**
 * Whether a started container has the attempt of its name. One that was prepared ahead gets the name first: if
 * its server dies before it hands over the attempt, no bootstrap ever gets it, and the container is removed.
 */
export async function holdsAttempt(engine: Docker, found: ContainerInspectInfo): Promise<boolean> {
  if (found.Config.Labels[labels.slot] === undefined) return true;
  const container = engine.getContainer(found.Id);
  const giveUpAt = performance.now() + assignmentMilliseconds;
  for (const pause of growingPauses()) {
    const current = await orNull(container.inspect());
    if (current === null) return false;
    // Read after the inspection: the bootstrap of a container that has ended writes no more.
    if (await hasFile(container, `${folders.record}/process.json`)) return true;
    if (!current.State.Running || performance.now() > giveUpAt) break;
    await sleep(pause);
  }
  // The server refuses the attempt to a second bootstrap, should this one get it in this moment.
  await orNull(container.remove({ v: true, force: true }));
  await removeVolume(engine, ownVolume(found) ?? '');
  return false;
}

/** The volume with the files of an attempt's container. */
function ownVolume({ Mounts: mounts }: ContainerInspectInfo): string | undefined {
  return mounts.find(({ Destination: folder }) => folder === folders.attempt)?.Name;
}

/** Removes an attempt that could not be started; remaining resources are found by their labels later. */
export async function discardContainer(engine: Docker, attemptId: string, volume: string): Promise<void> {
  const container = engine.getContainer(attemptName(attemptId));
  await container.remove({ v: true, force: true }).catch(() => undefined);
  await removeVolume(engine, volume).catch(() => undefined);
}

/** Creates the volume by which the attempt is found, whether or not its container uses it. */
export async function makeAttemptVolume(engine: Docker, spec: AttemptSpec, volume: string): Promise<void> {
  const { installationId, attemptId, jobRunId } = spec;
  const own = { [labels.attempt]: attemptId, [labels.run]: jobRunId };
  await makeVolume(engine, volume, labelsOf(installationId, 'attempt', own));
}

/**
 * Creates the volume of a workspace's local data on first use; it is kept permanently.
 * @returns its name
 */
export async function makeLocalData(engine: Docker, scope: Omit<LocalDataScope, 'uid'>): Promise<string> {
  const { installationId, workspaceId, profile } = scope;
  const volume = localDataVolume(scope);
  const own = { [labels.workspace]: workspaceId, [labels.profile]: profile };
  await makeVolume(engine, volume, labelsOf(installationId, 'local-data', own));
  return volume;
}

/** @returns whether the container has been started; false if it never was, and is removed now */
async function awaitStranger(engine: Docker, attemptId: string): Promise<boolean> {
  const giveUpAt = performance.now() + strangersStartMilliseconds;
  for (const pause of growingPauses()) {
    const found = await inspectAttempt(engine, attemptId);
    if (found === null) return false;
    if (hasStarted(found)) return holdsAttempt(engine, found);
    if (performance.now() > giveUpAt) break;
    await sleep(pause);
  }
  // Without force, so that a container that was just started is not killed.
  await engine
    .getContainer(attemptName(attemptId))
    .remove({ v: true })
    .catch((error: unknown) => {
      if (!isMissing(error) && !isConflict(error)) throw error;
    });
  return false;
}

/**
 * Derives the state of an attempt. Returns `missing` only if the engine is confirmed to be the attempt's own.
 */
export async function deriveAttemptState(
  engine: Docker,
  attemptId: string,
  isSameEngine: () => Promise<boolean>,
): Promise<AttemptInspection> {
  const found = await inspectAttempt(engine, attemptId);
  if (found === null) {
    return (await isSameEngine())
      ? { state: 'missing', detail: 'Its container no longer exists.' }
      : {
          state: 'unknown',
          detail: 'The engine at this address is not the one that had the container.',
        };
  }
  const { Status: status, OOMKilled: outOfMemory, ExitCode: exitCode } = found.State;
  if (!hasStarted(found)) return { state: 'missing', detail: 'Its container was created but never started.' };
  if (!['exited', 'dead', 'stopped', 'removing'].includes(status)) return { state: 'running' };
  const container = engine.getContainer(attemptName(attemptId));
  const exit = await readExitDetails(container);
  if (exit !== null) return { state: 'exited', exit };
  // Engines report this for a container in which any process was killed for lack of memory, not only PID 1.
  if (outOfMemory && exitCode === killedExitCode)
    return { state: 'exited', exit: { code: null, signal: 'SIGKILL', outOfMemory: 'limit' } };
  return { state: 'missing', detail: await describeEnd(container, found) };
}

async function describeEnd(
  container: Docker.Container,
  { State: state }: ContainerInspectInfo,
): Promise<string> {
  const how =
    state.ExitCode > 128
      ? `was ended from outside by signal ${state.ExitCode - 128}`
      : `ended with exit code ${state.ExitCode}`;
  const text = await readLastOutput(container).catch(() => '');
  return `Its container ${how} and left no exit record.${text === '' ? '' : ` Last output: ${text}`}`;
}

/**
 * Sends TERM, waits for the grace period, and sends TERM again (dlt treats the first as a request and exits
 * on the second). Then the bootstrap is told to kill its children, which still yields an exit record, and
 * finally the whole container is killed. Resolves when it is confirmed to be stopped.
 * @throws ExecutorError backend, when it is still running
 */
export async function stopContainer(engine: Docker, attemptId: string, graceSeconds: number): Promise<void> {
  const container = engine.getContainer(attemptName(attemptId));
  const steps: [string, number][] = [
    ['SIGTERM', graceSeconds],
    ['SIGTERM', Math.min(secondWaitSeconds, graceSeconds)],
    ['SIGUSR1', killWaitSeconds],
    ['SIGKILL', lastKillWaitSeconds],
  ];
  for (const [signal, waitSeconds] of steps) {
    if (!(await signalContainer(container, signal))) return;
    if (await awaitEnd(container, waitSeconds)) return;
  }
  throw new ExecutorError('backend', `The container of attempt ${attemptId} still runs after SIGKILL.`);
}

/** @returns whether there was a process to signal */
async function signalContainer(container: Docker.Container, signal: string): Promise<boolean> {
  try {
    await container.kill({ signal });
    return true;
  } catch (error) {
    // Podman fails for a container whose process has just ended, and still briefly reports it as running.
    if (isMissing(error) || (await awaitEnd(container, endIsSeenSeconds))) return false;
    throw error;
  }
}

async function awaitEnd(container: Docker.Container, seconds: number): Promise<boolean> {
  const giveUpAt = performance.now() + seconds * 1000;
  for (const pause of growingPauses()) {
    const found = await orNull(container.inspect());
    if (found === null || !found.State.Running) return true;
    const left = giveUpAt - performance.now();
    if (left <= 0) break;
    await sleep(Math.min(left, pause));
  }
  return false;
}

/** A quick end is noticed quickly, and a long grace period costs the engine only two calls a second. */
function* growingPauses(): Generator<number> {
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(pause * 2, maxPauseMilliseconds)) yield pause;
}

/**
 * Removes the container and the attempt's volume.
 * @throws ExecutorError backend while it runs
 */
export async function removeAttempt(
  engine: Docker,
  attemptId: string,
  volume: string,
  faultPoints: FaultPoints,
): Promise<void> {
  const found = await inspectAttempt(engine, attemptId);
  if (found !== null) {
    if (found.State.Running) {
      throw new ExecutorError('backend', 'A running attempt cannot be removed: stop it first.');
    }
    await removeContainer(engine, attemptName(attemptId));
    const own = ownVolume(found);
    if (own !== undefined && own !== volume) await removeVolume(engine, own);
  }
  await faultPoints.reach('in-attempt-removal');
  await removeVolume(engine, volume);
}

/** Without force, so that a running container stays. */
export async function removeContainer(engine: Docker, name: string): Promise<void> {
  await orNull(engine.getContainer(name).remove({ v: true }));
}

/** The attempts of an installation whose containers exist on the engine, running or not. */
export async function listAttempts(
  engine: Docker,
  installationId: string,
  engineId: string,
): Promise<ListedAttempt[]> {
  const containers = await engine.listContainers({ all: true, filters: filterOf(installationId) });
  const started = containers
    .filter(({ Labels: own }) => own[labels.kind] === 'attempt')
    .map(({ Labels: own }) => own);
  const assigned = containers.flatMap(({ Labels: own, Names: [name = ''] }) =>
    own[labels.kind] === 'slot' ? (readAssignedAttempt(name.replace(/^\//, '')) ?? []) : [],
  );
  const described = assigned.length === 0 ? [] : await describeAssigned(engine, installationId, assigned);
  return [...started, ...described].flatMap((own) => {
    const attemptId = own[labels.attempt];
    const jobRunId = own[labels.run];
    if (attemptId === undefined || jobRunId === undefined) return [];
    return [{ attemptId, jobRunId, handle: buildHandle({ engineId, attemptId, jobRunId }) }];
  });
}

/** The labels of attempts in containers of slots, which cannot have them: those of their volumes. */
async function describeAssigned(
  engine: Docker,
  installationId: string,
  attemptIds: readonly string[],
): Promise<Record<string, string>[]> {
  const { Volumes: volumes } = await engine.listVolumes({ filters: filterOf(installationId, 'attempt') });
  const wanted = new Set(attemptIds.map((attemptId) => attemptVolume(installationId, attemptId)));
  return volumes.filter(({ Name: name }) => wanted.has(name)).map(({ Labels: own }) => own ?? {});
}
