/** Environments as folders of the claim, built in a pod: a source distribution runs untrusted code. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainUvFailure } from '../../domain/environments/uv-failure.ts';
import {
  EnvironmentBuildError,
  type EnvironmentLine,
  type EnvironmentLocation,
  type EnvironmentSpec,
} from '../contract/environment-builder.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { planBuildFiles, planBuildSteps, planBuildVariables, type BuildStep } from '../environment-steps.ts';
import { foldBuildLines } from '../fold-build-lines.ts';
import { checkRequirements } from '../requirements.ts';
import { isSafeName } from '../safe-name.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import type { Pod } from './kube-objects.ts';
import {
  annotations,
  bootstrapFolder,
  containers,
  executorName,
  folders,
  labels,
  labelsOf,
  python,
  shortInstallation,
} from './names.ts';
import { patchPod } from './patch-pod.ts';
import { describePod, failureOfWait } from './pod-end.ts';
import {
  buildEnvironmentName,
  chooseImage,
  planPod,
  planVolumePaths,
  type PreparationPlan,
} from './pod-plan.ts';
import { markEnvironment } from './environment-marker.ts';
import { askClaimProgram, findRunState } from './short-pod.ts';
import { startPod } from './start-pod.ts';

/** Exit codes of pumphouse_bootstrap/environment_build.py: this plus the number of the failed step. */
const firstFailure = 10;
const lastOutputLines = 200;
const pauseMs = 200;
const diskBytes = 20 * 1024 ** 3;
const graceSeconds = 2;
/** An image for a Python version that nobody built. */
const imageMs = 120_000;

const paths = {
  environment: folders.virtualEnvironment,
  cache: folders.cache,
  requirements: `${folders.record}/requirements.txt`,
  excludes: `${folders.record}/excludes.txt`,
  // `prepare` finds the programs of the image.
  uv: '{uv}',
  hooks: `${bootstrapFolder}/environment_hooks`,
};
const certificateBundle = '/etc/ssl/certs/ca-certificates.crt';

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
  const folder = planVolumePaths(backend.installationId).environment(name);
  const pod = planBuildPod(backend, connection, spec, name);
  let isBuilt = false;
  try {
    const started = await startPod(backend, connection, pod, planBuild(backend.installationId, spec, name));
    await followBuild(backend, connection, { pod: started, steps: planSteps(spec), listener });
    await backend.faultPoints.reach('before-environment-complete');
    await askClaimProgram(backend, connection, {
      action: 'complete',
      given: { path: folder },
      uid: spec.uid,
    });
    await markEnvironment(backend, connection, name);
    isBuilt = true;
    return { executor: executorName, path: name };
  } finally {
    // What an unreachable cluster keeps is found by its labels and its folder later.
    await backend.deletePod(connection, pod, 1).catch(() => undefined);
    if (!isBuilt) await removeFolders(backend, connection, [folder], spec.uid).catch(() => undefined);
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

function planSteps({ requirements }: EnvironmentSpec): BuildStep[] {
  return planBuildSteps(paths, '{python}', requirements);
}

function planBuild(installationId: string, spec: EnvironmentSpec, name: string): PreparationPlan {
  const volume = planVolumePaths(installationId);
  const { requirements, excludes } = planBuildFiles(spec.requirements);
  return {
    files: [
      { path: paths.requirements, content: requirements },
      { path: paths.excludes, content: excludes },
      {
        path: `${folders.record}/build.json`,
        content: {
          machine: null,
          drop_to: null,
          steps: planSteps(spec),
          variables: planBuildVariables(spec, paths, certificateBundle),
          masked_values: spec.maskedValues,
        },
      },
      { path: `${folders.volume}/${volume.environment(name)}/key`, content: spec.key },
    ],
    folders: [],
    volume: {
      root: volume.root,
      shared: [volume.environments, `${volume.root}/caches`, `${volume.root}/caches/${spec.organizationId}`],
      own: [
        `${volume.environment(name)}/files`,
        volume.cache(spec.organizationId, spec.workspaceId, spec.uid),
      ],
      required: null,
      copy: null,
    },
    python: spec.pythonVersion,
  };
}

function planBuildPod(
  { installationId, options }: KubernetesBackend,
  connection: NamespaceConnection,
  spec: EnvironmentSpec,
  name: string,
): Pod {
  const volume = planVolumePaths(installationId);
  const cache = volume.cache(spec.organizationId, spec.workspaceId, spec.uid);
  const pod = planPod(
    {
      name: `pumphouse-${shortInstallation(installationId)}-build-${randomUUID().slice(0, 13)}`,
      labels: labelsOf(installationId, 'build', {
        [labels.workspace]: spec.workspaceId,
        [labels.network]: 'outgoing',
      }),
      annotations: { [annotations.environmentKey]: spec.key },
      image: chooseImage(options.image, spec.pythonVersion),
      uid: spec.uid,
      command: [
        python,
        '-I',
        '-S',
        `${bootstrapFolder}/environment_build.py`,
        `${folders.record}/build.json`,
      ],
      mounts: [
        { name: 'record', mountPath: folders.record },
        { name: 'claim', mountPath: folders.environment, subPath: `${volume.environment(name)}/files` },
        { name: 'claim', mountPath: folders.cache, subPath: cache },
      ],
      limits: options.buildLimits,
      diskBytes,
      terminationGracePeriodSeconds: graceSeconds,
      activeDeadlineSeconds: null,
      volumes: [{ name: 'record', emptyDir: { sizeLimit: '1Gi' } }],
      prepareMounts: [{ name: 'record', mountPath: folders.record }],
    },
    connection,
  );
  return patchPod(pod, options.patches, { size: null, workspaceId: spec.workspaceId });
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
): Promise<void> {
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
      if (run.terminated.exitCode === 0) return folded.succeed();
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
): EnvironmentBuildError {
  const message = explainUvFailure(lastOutput);
  if (reason === 'OOMKilled')
    return new EnvironmentBuildError(
      'requirements_failed',
      `${message} The build needed more memory than it may use and was killed.`.trim(),
    );
  const failure = steps[exitCode - firstFailure]?.failure ?? 'builder_failed';
  return new EnvironmentBuildError(
    failure,
    message === '' ? `The build ended with exit code ${exitCode} without any output.` : message,
  );
}
