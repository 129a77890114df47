/** What the pods of attempts do: inspected, stopped and removed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { AttemptInspection } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { HandleData } from './attempt-handle.ts';
import { noteMissing } from './environment-marker.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import type { Pod } from './kube-objects.ts';
import { annotations, attemptPodName, labels } from './names.ts';
import { describePod, failureOfWait, type PodFailure, type PodWait } from './pod-end.ts';
import { flushSeconds } from './attempt-pod.ts';
import { planVolumePaths } from './volume-paths.ts';
import { askClaimProgram, findRunState } from './short-pod.ts';
import { ensureSecret } from './start-pod.ts';

const firstPauseMs = 50;
const maxPauseMs = 500;
/** For the kubelet to end the containers and report it. */
const deletionSeconds = 60;
/** The watch tells the last state of a pod that no longer exists. */
const lastStateMs = 2000;
/** Longer than a server takes from creating a pod to creating its secret. */
const secretMs = 20_000;
const maxRemembered = 10_000;

export type Attempts = ReturnType<typeof createAttempts>;

/** Why a pod may end while its code runs. */
const endsOfCode: ReadonlySet<string> = new Set([
  'evicted',
  'preempted',
  'node_lost',
  'pod_deleted',
  'out_of_memory',
]);

/** Creates the operations on the pods of attempts, with what this process remembers about them. */
export function createAttempts(backend: KubernetesBackend) {
  const { watch, options } = backend;
  /** When this process first saw a pod wait, by its own clock: clocks of clusters may be wrong. */
  const waitingSince = new LRUCache<string, number>({ max: maxRemembered });
  const givenUp = new LRUCache<string, PodFailure>({ max: maxRemembered });
  /** When the kubelet kills a pod that this process has stopped, and when its object was gone. */
  const killAt = new LRUCache<string, number>({ max: maxRemembered });
  const goneAt = new LRUCache<string, number>({ max: maxRemembered });
  const removed = new LRUCache<string, true>({ max: maxRemembered });
  const withSecret = new LRUCache<string, true>({ max: maxRemembered });

  /** @returns the attempt's own pod; null if there is none, or another one with its name */
  async function find(
    connection: NamespaceConnection,
    { attemptId, podUid }: HandleData,
  ): Promise<Pod | null> {
    const pod = await backend.findPod(connection, attemptPodName(attemptId));
    return pod?.metadata.uid === podUid ? pod : null;
  }

  /** Without a claim, a pod that was lost takes what it changed in the local data with it. */
  async function inspect(connection: NamespaceConnection, data: HandleData): Promise<AttemptInspection> {
    const found = await inspectPod(connection, data);
    if (found.state !== 'missing' || options.volumeClaim !== null) return found;
    if (found.code !== undefined && !endsOfCode.has(found.code)) return found;
    return {
      ...found,
      detail: `${found.detail ?? ''} What it changed in the local data is not stored.`.trim(),
    };
  }

  async function inspectPod(connection: NamespaceConnection, data: HandleData): Promise<AttemptInspection> {
    watch.use();
    const watched = watch.find(attemptPodName(data.attemptId));
    const pod = watched?.metadata.uid === data.podUid ? watched : await find(connection, data);
    if (pod !== null) {
      watch.noteLast(pod);
      return deriveState(connection, pod);
    }
    if (!(await backend.isSamePlace(connection, data.place))) return elsewhere;
    return deriveGone(data);
  }

  async function deriveState(connection: NamespaceConnection, pod: Pod): Promise<AttemptInspection> {
    const { uid = '' } = pod.metadata;
    if (pod.metadata.labels?.[labels.state] === 'finished') return gone('Its pod was removed.');
    const state = describePod(pod, new Date());
    if (state.state === 'running') return { state: 'running' };
    if (state.state === 'silent') return { state: 'unknown', detail: state.detail };
    if (state.state === 'exited') return state;
    if (state.state === 'failed') {
      const environment = pod.metadata.annotations?.[annotations.environment];
      if (state.failure.code === 'environment_missing' && environment !== undefined) {
        const isArchive = pod.metadata.annotations?.[annotations.hasArchive] === 'true';
        await noteMissing(backend, connection, { path: environment, isArchive });
      }
      return describeFailure(uid, state.failure, pod);
    }
    return { state: 'running', waitsFor: await handleWait(connection, pod, state.wait) };
  }

  function describeFailure(uid: string, failure: PodFailure, pod: Pod): AttemptInspection {
    const own = givenUp.get(uid);
    if (own !== undefined) return { state: 'missing', ...own };
    if (wasKilledAtDeadline(uid, pod))
      return { state: 'exited', exit: { code: null, signal: 'SIGKILL', outOfMemory: null } };
    return { state: 'missing', ...failure };
  }

  /**
   * The kubelet killed a pod that was stopped, at the end of its grace period: it was there until then, by the clock
   * of this process. The timestamps of its object change with each request to delete it.
   */
  function wasKilledAtDeadline(uid: string, pod: Pod): boolean {
    const deadline = killAt.get(uid);
    if (deadline === undefined || !findRunState(pod)?.terminated) return false;
    return (goneAt.get(uid) ?? performance.now()) >= deadline;
  }

  /** The pod does not exist, and the API server of its own namespace said so. */
  function deriveGone({ podUid }: HandleData): AttemptInspection {
    const own = givenUp.get(podUid);
    if (own !== undefined) return { state: 'missing', ...own };
    const last = watch.findEnded(podUid);
    if (last === null || removed.has(podUid)) return gone('Its pod no longer exists.');
    const state = describePod(last, new Date(), true);
    if (state.state === 'exited') return state;
    if (state.state === 'failed') return describeFailure(podUid, state.failure, last);
    return gone('Its pod no longer exists.');
  }

  /** Ends a wait that lasts too long. @returns what the pod waits for, for people */
  async function handleWait(connection: NamespaceConnection, pod: Pod, wait: PodWait): Promise<string> {
    const { uid = '', deletionTimestamp } = pod.metadata;
    const since = waitingSince.get(uid) ?? performance.now();
    waitingSince.set(uid, since);
    const waitedMs = performance.now() - since;
    const reason = `Waiting for its pod to start: ${wait.reason}`;
    if (deletionTimestamp !== undefined) return reason;
    const isLate = waitedMs > options.pendingMinutes * 60_000;
    if (wait.isFinal || isLate) {
      givenUp.set(uid, failureOfWait(wait, isLate ? options.pendingMinutes : null));
      await backend.deletePod(connection, pod, 1);
    } else if (wait.kind === 'preparing' && waitedMs > secretMs && !withSecret.has(uid)) {
      await requireSecret(connection, pod);
    }
    return reason;
  }

  /**
   * Gives up a pod whose server died before it created the secret. The server may not read secrets, so it creates
   * one: that fails if the secret exists.
   */
  async function requireSecret(connection: NamespaceConnection, pod: Pod): Promise<void> {
    const { uid = '' } = pod.metadata;
    if (await ensureSecret(backend, connection, pod, unusablePlan)) {
      const detail = 'Its server ended while it created the pod, which then never started.';
      givenUp.set(uid, { code: 'attempt_lost', detail });
      await backend.deletePod(connection, pod, 1);
    } else withSecret.set(uid, true);
  }

  /** Resolves when the pod no longer exists. @throws ExecutorError backend */
  async function awaitGone(
    connection: NamespaceConnection,
    data: HandleData,
    seconds: number,
  ): Promise<void> {
    const giveUpAt = performance.now() + seconds * 1000;
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, maxPauseMs)) {
      const pod = await find(connection, data);
      if (pod === null) {
        if (!goneAt.has(data.podUid)) goneAt.set(data.podUid, performance.now());
        return;
      }
      if (findRunState(pod)?.terminated?.finishedAt) watch.noteLast(pod);
      if (performance.now() > giveUpAt) {
        const node = pod.spec.nodeName === undefined ? '' : ` on node ${pod.spec.nodeName}`;
        throw new ExecutorError('backend', `The pod of attempt ${data.attemptId} has not ended${node}.`);
      }
      await sleep(pause);
    }
  }

  async function awaitLastState(uid: string): Promise<void> {
    const giveUpAt = performance.now() + lastStateMs;
    const isKnown = (): boolean => {
      const last = watch.findEnded(uid);
      return last !== null && findRunState(last)?.terminated !== undefined;
    };
    while (!isKnown() && performance.now() < giveUpAt) await sleep(firstPauseMs);
  }

  /** @returns the pod of an attempt that exists, in the place of its handle */
  async function require(connection: NamespaceConnection, data: HandleData): Promise<Pod | null> {
    const pod = await find(connection, data);
    if (pod === null && !(await backend.isSamePlace(connection, data.place)))
      throw new ExecutorError('backend', elsewhere.detail);
    return pod;
  }

  return {
    inspect,
    require,

    async stop(connection: NamespaceConnection, data: HandleData, graceSeconds: number): Promise<void> {
      watch.use();
      const pod = await require(connection, data);
      if (pod === null || hasEnded(pod)) return;
      const own = pod.spec.terminationGracePeriodSeconds;
      // The bootstrap itself ends user code after the run's own grace period, which leaves time for its output.
      const asked = graceSeconds + flushSeconds >= own ? own : Math.max(1, Math.ceil(graceSeconds));
      killAt.set(
        data.podUid,
        Math.min(killAt.get(data.podUid) ?? Infinity, performance.now() + asked * 1000),
      );
      await backend.deletePod(connection, pod, asked);
      await awaitGone(connection, data, asked + deletionSeconds);
      if (findRunState(pod)) await awaitLastState(data.podUid);
    },

    /** @throws ExecutorError backend while it runs */
    async remove(connection: NamespaceConnection, data: HandleData): Promise<void> {
      const pod = await require(connection, data);
      if (pod !== null && !hasEnded(pod))
        throw new ExecutorError('backend', 'A running attempt cannot be removed: stop it first.');
      await backend.faultPoints.reach('in-attempt-removal');
      if (pod !== null) {
        // From here on no server reads its end again, whether or not it can be deleted now.
        const state = { metadata: { uid: data.podUid, labels: { [labels.state]: 'finished' } } };
        await backend.api.mergePatch(connection.paths.pod(pod.metadata.name), state);
        await backend.removeFinished(connection);
        await awaitGone(connection, data, deletionSeconds);
      }
      removed.set(data.podUid, true);
      const last = pod ?? watch.findEnded(data.podUid);
      if (last?.metadata.annotations?.[annotations.hasCopy] === 'true')
        await removeCopy(connection, data.attemptId, last);
    },
  };

  async function removeCopy(connection: NamespaceConnection, attemptId: string, pod: Pod): Promise<void> {
    const uid = readUser(pod);
    const paths = [planVolumePaths(backend.installationId).copy(attemptId, uid)];
    await askClaimProgram(backend, connection, { action: 'remove', given: { paths }, uid });
  }
}

/** The user of a pod. */
export function readUser(pod: Pod): number {
  const context = pod.spec['securityContext'];
  return typeof context === 'object' && context !== null && 'runAsUser' in context
    ? Number(context.runAsUser)
    : 0;
}

const elsewhere = {
  state: 'unknown',
  detail: 'The attempt was started in another cluster or namespace than the current one.',
} as const;

/** Makes `prepare` fail, should the pod start after all. */
const unusablePlan = {
  files: [],
  folders: [],
  volume: { root: '.', shared: [], own: [], required: 'none', copy: null },
  environment: null,
  python: null,
};

function gone(detail: string): AttemptInspection {
  return { state: 'missing', detail };
}

export function hasEnded(pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  return phase === 'Succeeded' || phase === 'Failed' || findRunState(pod)?.terminated !== undefined;
}
