import type { Readable } from 'node:stream';
import type { ClusterState } from '../api-server/cluster-state.ts';
import { deleteObject } from '../api-server/delete-object.ts';
import { markDisrupted } from '../api-server/evict-pod.ts';
import type { LogOptions } from '../api-server/pod-actions.ts';
import { isFinished, type Pod } from '../api-server/pods/pod.ts';
import * as types from '../api-server/resource-types.ts';
import { StatusError } from '../api-server/status-error.ts';
import { writeUpdate } from '../api-server/update-object.ts';
import type { ContainerRuntime } from './container-runtime.ts';
import { derivePodStatus } from './pod-status.ts';
import { PodWorker } from './pod-worker.ts';
import { recordEvent } from './record-event.ts';

export interface KubeletOptions {
  state: ClusterState;
  node: string;
  hostIP: string;
  runtime: ContainerRuntime;
  /** Whether it records what it does to pods as Events. */
  recordsEvents: boolean;
  retryMilliseconds?: number;
}

interface Entry {
  uid: string;
  namespace: string | undefined;
  name: string;
  worker: PodWorker;
  hasEnded: boolean;
  deadline: NodeJS.Timeout | undefined;
}

const deadlineFailure = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};
const memoryMessage = 'The node was low on resource: memory.';

/** Runs the pods of a node and reports what becomes of them, while it is connected. */
export class Kubelet {
  readonly node: string;
  readonly #options: KubeletOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #runs = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  #isConnected = true;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.node = options.node;
    this.#unsubscribe = options.state.store.subscribe(({ event, type, object }) => {
      if (type !== types.pods || !this.#isConnected) return;
      const pod = object as Pod;
      if (pod.spec.nodeName !== this.node) return;
      // After the change is complete for all other listeners.
      queueMicrotask(() => (event === 'DELETED' ? this.#forget(pod.metadata.uid) : this.#observe(pod)));
    });
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Loses the connection to the API server: containers continue, nothing is reported or obeyed. */
  disconnect(): void {
    this.#isConnected = false;
  }

  reconnect(): void {
    this.#isConnected = true;
    const present = new Set<string>();
    for (const object of this.#options.state.store.list(types.pods)) {
      const pod = object as Pod;
      if (pod.spec.nodeName !== this.node) continue;
      present.add(pod.metadata.uid);
      this.#observe(pod);
    }
    for (const entry of this.#entries.values()) {
      if (present.has(entry.uid)) this.#publish(entry);
      else this.#forget(entry.uid);
    }
  }

  /** Kills everything on the node, reports nothing of it, and waits until it is gone. */
  async powerOff(): Promise<void> {
    this.disconnect();
    for (const entry of this.#entries.values()) this.#forget(entry.uid);
    await Promise.all(this.#runs);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.powerOff();
  }

  /** Ends a pod because the node lacks memory. Its object stays. */
  evictForMemory(pod: Pod): void {
    const entry = this.#entryOf(pod);
    const message = `${memoryMessage} Threshold quantity: 100Mi, available: 40Mi. `;
    markDisrupted(this.#options.state, pod, { reason: 'TerminationByKubelet', message });
    entry.worker.end({ graceSeconds: 0, failure: { reason: 'Evicted', message } });
  }

  async killForMemory(pod: Pod): Promise<void> {
    await this.#entryOf(pod).worker.killForMemory();
  }

  /** @throws StatusError 500 while the node is not connected */
  async readLog(pod: Pod, options: LogOptions): Promise<Readable | string> {
    if (this.#isConnected) return this.#options.runtime.readLog(pod, options);
    const { namespace, name } = pod.metadata;
    const url = `https://${this.#options.hostIP}:10250/containerLogs/${namespace}/${name}/${options.container}`;
    const message = `Get "${url}": dial tcp ${this.#options.hostIP}:10250: connect: no route to host`;
    throw new StatusError({ code: 500, reason: 'InternalError', message });
  }

  #entryOf({ metadata: { uid, name } }: Pod): Entry {
    const entry = this.#entries.get(uid);
    if (entry === undefined) throw new Error(`The node ${this.node} does not run the pod ${name}.`);
    return entry;
  }

  #observe(pod: Pod): void {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    const known = this.#entries.get(uid);
    if (known === undefined) {
      if (deletionTimestamp !== undefined) this.#confirmDeletion(pod);
      else if (!isFinished(pod)) this.#begin(pod);
      return;
    }
    this.#arm(known, pod);
    if (deletionTimestamp === undefined) return;
    if (known.hasEnded) this.#confirmDeletion(pod);
    else known.worker.end({ graceSeconds: deletionGracePeriodSeconds, failure: null });
  }

  #begin(pod: Pod): void {
    const { state, runtime, hostIP, recordsEvents, retryMilliseconds = 500 } = this.#options;
    const { uid, name, namespace } = pod.metadata;
    const worker = new PodWorker(pod, {
      state,
      runtime,
      hostIP,
      retryMilliseconds,
      report: () => this.#publish(entry),
      record: (type, reason, message) => {
        const isThere = state.store.find(types.pods, namespace, name) !== undefined;
        if (recordsEvents && this.#isConnected && isThere)
          recordEvent(state, pod, { type, reason, message, component: 'kubelet' });
      },
    });
    const entry: Entry = { uid, namespace, name, worker, hasEnded: false, deadline: undefined };
    this.#entries.set(uid, entry);
    this.#arm(entry, pod);
    const run = this.#run(entry).finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  async #run(entry: Entry): Promise<void> {
    try {
      await entry.worker.run();
    } catch (error) {
      // A defect of this fixture or of the engine, which the test is to see.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      entry.worker.view.failure = { reason: 'KubeletDefect', message };
    }
    clearTimeout(entry.deadline);
    entry.hasEnded = true;
    this.#publish(entry);
    const isWanted = this.#entries.get(entry.uid) === entry;
    if (!isWanted) await this.#options.runtime.removePod(entry.uid);
  }

  /** Ends the pod at its deadline. */
  #arm(entry: Entry, { spec }: Pod): void {
    clearTimeout(entry.deadline);
    const { activeDeadlineSeconds, terminationGracePeriodSeconds = 30 } = spec;
    if (activeDeadlineSeconds === undefined || entry.hasEnded) return;
    const { clock } = this.#options.state;
    const endsAt = Date.parse(entry.worker.view.startTime) + activeDeadlineSeconds * 1000;
    entry.deadline = setTimeout(
      () => entry.worker.end({ graceSeconds: terminationGracePeriodSeconds, failure: deadlineFailure }),
      Math.max(0, endsAt - clock.now().getTime()),
    );
  }

  /** The pod's object is gone: nothing of it may stay on the node. */
  #forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    this.#entries.delete(uid);
    clearTimeout(entry.deadline);
    if (!entry.hasEnded) return entry.worker.end({ graceSeconds: 0, failure: null });
    const removal = this.#options.runtime.removePod(uid).finally(() => this.#runs.delete(removal));
    this.#runs.add(removal);
  }

  #publish(entry: Entry): void {
    const { state } = this.#options;
    const current = state.store.find(types.pods, entry.namespace, entry.name) as Pod | undefined;
    if (!this.#isConnected || current?.metadata.uid !== entry.uid) return;
    const status = derivePodStatus(state, current, structuredClone(entry.worker.view));
    const { deletionTimestamp } = current.metadata;
    const updated = isFinished(current)
      ? current
      : (writeUpdate(state, types.pods, { current, updated: { ...current, status } }) as Pod);
    if (entry.hasEnded && deletionTimestamp !== undefined) this.#confirmDeletion(updated);
  }

  #confirmDeletion(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    const { state } = this.#options;
    const current = state.store.find(types.pods, namespace, name);
    if (current?.metadata.uid !== uid) return;
    deleteObject(state, types.pods, { current, options: { gracePeriodSeconds: 0, preconditions: { uid } } });
  }
}
