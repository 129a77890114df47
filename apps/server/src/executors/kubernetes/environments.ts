/** Environments as folders of the claim, built in a pod: a source distribution runs untrusted code. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  maxArchiveParts,
  maxUnpackedBytes,
  type EnvironmentArchive,
} from '../../domain/environments/environment-archive.ts';
import { explainUvFailure } from '../../domain/environments/uv-failure.ts';
import {
  EnvironmentBuildError,
  type ArchiveUpload,
  type EnvironmentLine,
  type EnvironmentLocation,
  type EnvironmentSpec,
} from '../contract/environment-builder.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { BuildStep } from '../environment-steps.ts';
import { foldBuildLines } from '../fold-build-lines.ts';
import { checkRequirements } from '../requirements.ts';
import { isSafeName } from '../safe-name.ts';
import { planBuildPod, planBuildPreparation, planEnvironmentSteps, type BuildTarget } from './build-pod.ts';
import { markEnvironment } from './environment-marker.ts';
import { buildEnvironmentName } from './environment-name.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import type { Pod } from './kube-objects.ts';
import { containers, executorName } from './names.ts';
import { patchPod } from './patch-pod.ts';
import { describePod, failureOfWait } from './pod-end.ts';
import { askClaimProgram, findRunState } from './short-pod.ts';
import { startPod } from './start-pod.ts';
import { planVolumePaths } from './volume-paths.ts';

/** Exit codes of pumphouse_bootstrap/environment_build.py: `firstFailure` plus the number of the failed step. */
const firstFailure = 10;
const notStored = 2;
const lastOutputLines = 200;
const pauseMs = 200;
/** For an image that may not exist for this Python version. */
const imageMs = 120_000;

interface BuildListener {
  onLine: (line: EnvironmentLine) => void;
  signal: AbortSignal | undefined;
}

/**
 * Builds an environment in a new folder and returns its location.
 * @throws EnvironmentBuildError, and ExecutorError backend when the cluster goes down
 */
export async function buildEnvironment(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  spec: EnvironmentSpec,
  listener: BuildListener,
): Promise<EnvironmentLocation> {
  checkRequirements(spec.requirements);
  if (!isSafeName(spec.organizationId) || !isSafeName(spec.workspaceId))
    throw new ExecutorError('config', 'The workspace has a name that cannot be that of a folder.');
  const name = buildEnvironmentName(spec, randomUUID());
  const target = chooseTarget(spec, connection, name);
  const { buildLimits: limits, patches } = backend.options;
  const pod = patchPod(planBuildPod(spec, target, { context: connection, limits }), patches, {
    size: null,
    workspaceId: spec.workspaceId,
  });
  let isBuilt = false;
  try {
    if (target.kind === 'archive') await backend.openServer(connection, target.upload.url);
    const plan = planBuildPreparation(spec, target, backend.installationId);
    const started = await startPod(backend, connection, pod, plan);
    const report = await followBuild(backend, connection, {
      pod: started,
      steps: planEnvironmentSteps(spec),
      listener,
    });
    await backend.faultPoints.reach('before-environment-complete');
    const location =
      target.kind === 'claim'
        ? await completeFolder(backend, connection, { name, uid: spec.uid })
        : { executor: executorName, path: name, archive: readArchive(report, target.upload) };
    isBuilt = true;
    return location;
  } finally {
    // What an unreachable cluster keeps is found by its labels and its folder later.
    await backend.deletePod(connection, pod, 1).catch(() => undefined);
    if (!isBuilt && target.kind === 'claim') {
      const folder = planVolumePaths(backend.installationId).environment(name);
      await removeFolders(backend, connection, [folder], spec.uid).catch(() => undefined);
    }
  }
}

/** @throws ExecutorError backend while builds have no server to store archives on */
function chooseTarget(
  { upload }: EnvironmentSpec,
  { volumeClaim }: NamespaceConnection,
  name: string,
): BuildTarget {
  if (volumeClaim !== null) return { kind: 'claim', name };
  if (upload === undefined)
    throw new ExecutorError('backend', 'Builds have no address of the server, which stores environments.');
  return { kind: 'archive', upload };
}

async function completeFolder(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  { name, uid }: { name: string; uid: number },
): Promise<EnvironmentLocation> {
  const path = planVolumePaths(backend.installationId).environment(name);
  await askClaimProgram(backend, connection, { action: 'complete', given: { path }, uid });
  await markEnvironment(backend, connection, name);
  return { executor: executorName, path: name };
}

/** What the pod of a build reports about its archive. Its code may have written anything. */
const reportSchema = z.object({
  parts: z.int().min(1).max(maxArchiveParts),
  size_bytes: z.int().min(1),
  unpacked_bytes: z.int().min(1).max(maxUnpackedBytes),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** @throws EnvironmentBuildError */
function readArchive(report: string | undefined, { id }: ArchiveUpload): EnvironmentArchive {
  try {
    const read = reportSchema.parse(JSON.parse(report ?? ''));
    return {
      id,
      parts: read.parts,
      sizeBytes: read.size_bytes,
      unpackedBytes: read.unpacked_bytes,
      sha256: read.sha256,
    };
  } catch (error) {
    throw new EnvironmentBuildError(
      'builder_failed',
      'The pod of the build reported no archive, or one that is too large.',
      { cause: error },
    );
  }
}

export async function removeFolders(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  given: readonly string[],
  uid: number,
): Promise<void> {
  await askClaimProgram(backend, connection, { action: 'remove', given: { paths: given }, uid });
}

interface Build {
  pod: Pod;
  steps: readonly BuildStep[];
  listener: BuildListener;
}

async function followBuild(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  { pod, steps, listener: { onLine, signal } }: Build,
): Promise<string | undefined> {
  const name = pod.metadata.name;
  const folded = foldBuildLines(onLine);
  const lines: string[] = [];
  let seen = 0;
  let told = '';
  const since = performance.now();
  for (;;) {
    if (signal?.aborted === true)
      throw new EnvironmentBuildError('builder_failed', 'The build was cancelled.', { cause: signal.reason });
    const current = await backend.findPod(connection, name);
    if (current === null) throw new ExecutorError('backend', 'The pod of the build was deleted.');
    const run = findRunState(current);
    if (run?.running || run?.terminated) {
      seen = await readOn(backend, connection, { name, seen, signal }, (text) => {
        // The log of a pod does not tell its two streams apart, and uv writes to this one.
        folded.onLine({ stream: 'stderr', text });
        if (lines.push(text) > lastOutputLines) lines.shift();
      });
    }
    if (run?.terminated) {
      if (run.terminated.exitCode === 0) {
        folded.succeed();
        return run.terminated.message;
      }
      folded.fail();
      throw describeFailure(steps, run.terminated, lines);
    }
    const state = describePod(current, new Date());
    if (state.state === 'failed') throw describeUnprepared(state.failure);
    if (state.state === 'silent') throw new ExecutorError('backend', state.detail);
    if (state.state === 'waiting') {
      const waitedMs = performance.now() - since;
      const { pendingMinutes } = backend.options;
      if (state.wait.kind === 'image' && (state.wait.isFinal || waitedMs > imageMs))
        throw new EnvironmentBuildError('python_not_found', state.wait.reason);
      if (waitedMs > pendingMinutes * 60_000)
        throw new ExecutorError('backend', failureOfWait(state.wait, pendingMinutes).detail);
      if (state.wait.kind !== 'preparing' && state.wait.reason !== told) {
        told = state.wait.reason;
        onLine({ stream: 'stdout', text: `Waiting for the pod of the build: ${told}` });
      }
    }
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Reads the log from its beginning, because a connection may have been cut, and passes on what is new. */
async function readOn(
  backend: KubernetesBackend,
  { paths: own }: NamespaceConnection,
  { name, seen, signal }: { name: string; seen: number; signal: AbortSignal | undefined },
  onText: (text: string) => void,
): Promise<number> {
  const query = { container: containers.run, follow: true };
  const request = { method: 'GET', path: own.podLog(name), query } as const;
  let count = 0;
  try {
    for await (const text of backend.api.readLines(request, signal ?? new AbortController().signal)) {
      count += 1;
      if (count > seen) onText(text);
    }
  } catch {
    // The state of the pod tells whether the build goes on.
  }
  return Math.max(count, seen);
}

function describeUnprepared({ code, detail }: { code: string; detail: string }): Error {
  if (code === 'python_not_found') return new EnvironmentBuildError('python_not_found', detail);
  if (code === 'executor_config') return new ExecutorError('config', detail);
  return new ExecutorError('backend', detail);
}

function describeFailure(
  steps: readonly BuildStep[],
  { exitCode, reason }: { exitCode: number; reason?: string },
  lastOutput: readonly string[],
): Error {
  const message = explainUvFailure(lastOutput);
  if (reason === 'OOMKilled')
    return new EnvironmentBuildError(
      'requirements_failed',
      `${message} The build needed more memory than it may use and was killed.`.trim(),
    );
  if (exitCode === notStored) return new ExecutorError('backend', lastOutput.at(-1) ?? 'It was not stored.');
  const failure = steps[exitCode - firstFailure]?.failure ?? 'builder_failed';
  return new EnvironmentBuildError(
    failure,
    message === '' ? `The build ended with exit code ${exitCode} without any output.` : message,
  );
}
