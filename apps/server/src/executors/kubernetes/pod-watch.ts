/**
 * Follows the pods of an installation. What it knows is a hint that saves requests: it may be seconds old, and
 * that a pod is gone is decided by a request.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { ClusterApi } from './cluster-api.ts';
import { ClusterError, isExpired } from './cluster-error.ts';
import type { KubeList, Pod, Status } from './kube-objects.ts';

export interface PodWatchOptions {
  api: Pick<ClusterApi, 'list' | 'readLines'>;
  /** Path of the pods: /api/v1/namespaces/<name>/pods */
  findPath: () => Promise<string>;
  selector: string;
}

export type PodWatch = ReturnType<typeof createPodWatch>;

/** Without use, the watch ends, so that it neither costs anything nor keeps the process alive. */
const idleMs = 10_000;
/** The server ends each watch, so that one whose connection died silently is noticed. */
const watchSeconds = 45;
/** A server that does not end it in time is dead. */
const overdueMs = 10_000;
const firstPauseMs = 100;
const maxPauseMs = 10_000;
const maxEnded = 5000;

type WatchEvent =
  { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: Pod } | { type: 'ERROR'; object: Status };

export function createPodWatch({ api, findPath, selector }: PodWatchOptions) {
  const pods = new Map<string, Pod>();
  /** The last state of pods that no longer exist, by uid. */
  const ended = new LRUCache<string, { pod: Pod; isFinal: boolean }>({ max: maxEnded });
  let isFresh = false;
  let isRunning = false;
  let usedAt = -Infinity;

  async function list(signal: AbortSignal): Promise<string | undefined> {
    const path = await findPath();
    let found: KubeList<Pod>;
    try {
      found = await api.list<Pod>(path, { labelSelector: selector }, signal);
    } catch (error) {
      // Pages of an expired list: begin again.
      if (!isExpired(error)) throw error;
      found = await api.list<Pod>(path, { labelSelector: selector }, signal);
    }
    pods.clear();
    for (const pod of found.items) pods.set(pod.metadata.name, pod);
    return found.metadata.resourceVersion;
  }

  function note(event: Exclude<WatchEvent, { type: 'ERROR' }>): void {
    if (event.type === 'BOOKMARK') return;
    const { name, uid } = event.object.metadata;
    const pod = keepEnd(pods.get(name), event.object);
    if (event.type !== 'DELETED') {
      pods.set(name, pod);
      return;
    }
    // A pod that gets the label `finished` leaves the watch in the same way, and its end was read.
    if (uid !== undefined) ended.set(uid, { pod, isFinal: true });
    if (pods.get(name)?.metadata.uid === uid) pods.delete(name);
  }

  /** @returns the version to continue from */
  async function watch(from: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    let version = from;
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      labelSelector: selector,
      resourceVersion: from,
      timeoutSeconds: watchSeconds,
    };
    const overdue = AbortSignal.timeout(watchSeconds * 1000 + overdueMs);
    const request = { method: 'GET', path: await findPath(), query } as const;
    isFresh = true;
    for await (const line of api.readLines(request, AbortSignal.any([signal, overdue]))) {
      if (line === '') continue;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API server's own format
      const event = JSON.parse(line) as WatchEvent;
      if (event.type === 'ERROR') throw new ClusterError(event.object.code ?? 500, event.object);
      version = event.object.metadata.resourceVersion ?? version;
      note(event);
    }
    return version;
  }

  async function follow(signal: AbortSignal): Promise<void> {
    let version: string | undefined;
    let isListed = false;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (!isListed) version = await list(signal);
        isListed = true;
        version = await watch(version, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        isFresh = false;
        if (isExpired(error)) isListed = false;
        failures += 1;
        await sleep(choosePause(failures), undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  function start(): void {
    isRunning = true;
    const controller = new AbortController();
    const idle = setInterval(() => {
      if (performance.now() - usedAt > idleMs) controller.abort();
    }, idleMs / 4);
    idle.unref();
    void follow(controller.signal).finally(() => {
      clearInterval(idle);
      isRunning = false;
      isFresh = false;
    });
  }

  return {
    /** Follows the pods from now on, until nothing asks for them for a while. */
    use(): void {
      usedAt = performance.now();
      if (!isRunning) start();
    },
    /** The pod, if the watch is established and knows it. */
    find(name: string): Pod | null {
      return isFresh ? (pods.get(name) ?? null) : null;
    },
    /** All pods; null while the watch is not established. */
    list: (): Pod[] | null => (isFresh ? [...pods.values()] : null),
    /** The last known state of a pod that no longer exists. */
    findEnded: (uid: string): Pod | null => ended.get(uid)?.pod ?? null,
    /** Notes a state that a request has shown. It counts until the watch shows the last one. */
    noteLast(pod: Pod): void {
      const { uid } = pod.metadata;
      if (uid !== undefined && ended.get(uid)?.isFinal !== true) ended.set(uid, { pod, isFinal: false });
    },
  };
}

/**
 * Keeps how containers ended: before they delete a pod, older kubelets report that all of its containers ended
 * with 0 at no time.
 */
function keepEnd(before: Pod | undefined, after: Pod): Pod {
  if (before === undefined || before.metadata.uid !== after.metadata.uid) return after;
  const known = new Map(
    (before.status?.containerStatuses ?? []).flatMap((one) =>
      one.state?.terminated?.finishedAt ? [[one.name, one] as const] : [],
    ),
  );
  const statuses = after.status?.containerStatuses?.map((one) =>
    one.state?.terminated?.finishedAt ? one : (known.get(one.name) ?? one),
  );
  return statuses === undefined
    ? after
    : { ...after, status: { ...after.status, containerStatuses: statuses } };
}

/** With jitter, so that servers do not come back at once. */
function choosePause(failures: number): number {
  return Math.min(firstPauseMs * 2 ** failures, maxPauseMs) * (0.5 + Math.random());
}
