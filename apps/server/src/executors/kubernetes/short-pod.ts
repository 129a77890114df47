/** Programs of Pumphouse on the claim, each in a short pod. They run no code of users. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExecutorError } from '../contract/executor-error.ts';
import { planClaimPod } from './claim-pod.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import type { ContainerState, Pod } from './kube-objects.ts';
import { containers, labelsOf, shortInstallation } from './names.ts';
import { patchPod } from './patch-pod.ts';
import { describePod, failureOfWait } from './pod-end.ts';

const firstPauseMs = 50;
const maxPauseMs = 500;
/** Copies of large data take long. */
const maxSeconds = 4 * 3600;

export interface ClaimProgram {
  action: string;
  given: object;
  /** The user whose folders it changes. */
  uid: number;
}

export interface ProgramEnd {
  exitCode: number;
  lines: string[];
}

/**
 * Runs a program to its end and removes its pod.
 * @throws ExecutorError backend; config without a claim
 */
export async function runClaimProgram(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  { action, given, uid }: ClaimProgram,
): Promise<ProgramEnd> {
  if (connection.volumeClaim === null)
    throw new ExecutorError(
      'config',
      `The program ${action} needs a claim. Set PUMPHOUSE_KUBERNETES_VOLUME_CLAIM.`,
    );
  const name = `pumphouse-${shortInstallation(backend.installationId)}-volume-${randomUUID().slice(0, 13)}`;
  const planned = planClaimPod(
    {
      name,
      labels: labelsOf(backend.installationId, 'volume'),
      uid,
      action,
      given,
      maxSeconds,
    },
    connection,
  );
  const pod = patchPod(planned, backend.options.patches, { size: null, workspaceId: null });
  try {
    await backend.api.create(connection.paths.pods, pod);
    const ended = await awaitEnd(backend, connection, name, `The program ${action} on the claim`);
    const lines = await readLog(backend, connection, name);
    return { exitCode: ended.exitCode, lines };
  } finally {
    // What an unreachable cluster keeps is found by its labels later.
    await backend.deletePod(connection, pod, 1).catch(() => undefined);
  }
}

/** Runs a program and returns its result. @throws ExecutorError backend */
export async function askClaimProgram<Result>(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  program: ClaimProgram,
): Promise<Result> {
  const { exitCode, lines } = await runClaimProgram(backend, connection, program);
  if (exitCode !== 0)
    throw new ExecutorError(
      'backend',
      `The program ${program.action} on the claim failed: ${lines.slice(-5).join(' ')}`,
    );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a program of this release
  return JSON.parse(lines.at(-1) ?? '{}') as Result;
}

export function findRunState(pod: Pod): ContainerState | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === containers.run)?.state;
}

/** @throws ExecutorError backend, if it does not start or disappears */
async function awaitEnd(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  name: string,
  what: string,
): Promise<NonNullable<ContainerState['terminated']>> {
  const giveUpAt = performance.now() + backend.options.pendingMinutes * 60_000;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.5, maxPauseMs)) {
    const pod = await backend.findPod(connection, name);
    if (pod === null) throw new ExecutorError('backend', `${what} was removed before its end.`);
    const ended = findRunState(pod)?.terminated;
    if (ended) return ended;
    const state = describePod(pod, new Date());
    if (state.state === 'failed')
      throw new ExecutorError('backend', `${what} failed: ${state.failure.detail}`);
    if (state.state === 'silent') throw new ExecutorError('backend', `${what} was lost: ${state.detail}`);
    if (state.state === 'waiting' && (state.wait.isFinal || performance.now() > giveUpAt))
      throw new ExecutorError(
        'backend',
        `${what} did not start: ${failureOfWait(state.wait, backend.options.pendingMinutes).detail}`,
      );
    await sleep(pause);
  }
}

async function readLog(
  backend: KubernetesBackend,
  { paths }: NamespaceConnection,
  name: string,
): Promise<string[]> {
  const lines: string[] = [];
  const request = { method: 'GET', path: paths.podLog(name), query: { container: containers.run } } as const;
  for await (const line of backend.api.readLines(request, AbortSignal.timeout(60_000))) lines.push(line);
  return lines;
}
