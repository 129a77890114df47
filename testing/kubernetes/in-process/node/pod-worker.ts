import { setTimeout as delay } from 'node:timers/promises';
import { toTimestamp } from '../api-server/cluster-clock.ts';
import type { ClusterState } from '../api-server/cluster-state.ts';
import type { Container, ContainerState, ContainerStatus, Pod } from '../api-server/pods/pod.ts';
import { ContainerProblem, NotReadyYet } from './container-runtime.ts';
import type { ContainerRuntime, PodSandbox, RunningContainer } from './container-runtime.ts';
import {
  describeContainer,
  runningState,
  startErrorState,
  terminatedState,
  waitingState,
} from './container-states.ts';
import type { NodeView } from './pod-status.ts';

/** How a pod is ended before its containers end. */
export interface PodEnding {
  graceSeconds: number;
  /** For the status, if the node itself decided it. */
  failure: { reason: string; message: string } | null;
}

/** What a worker needs of its node. */
export interface WorkerHost {
  state: ClusterState;
  runtime: ContainerRuntime;
  hostIP: string;
  /** Between attempts to start a container that cannot start yet. */
  retryMilliseconds: number;
  /** Called at each change of the view. */
  report(): void;
  record(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Where a container is in the view. */
interface ViewSlot {
  container: Container;
  show: (state: ContainerState, ids?: { id?: string; imageId?: string }) => void;
}

interface Started {
  running: RunningContainer;
  /** Its exit code, after the view shows it. */
  ended: Promise<number>;
}

/** Interrupts what a worker waits for. */
class Interrupted extends Error {}

/** Runs one pod on a node, from its first container to the end of its last. */
export class PodWorker {
  readonly view: NodeView;
  readonly #pod: Pod;
  readonly #host: WorkerHost;
  readonly #running = new Map<string, Started>();
  #ending: PodEnding | null = null;
  #endsAt = Infinity;
  /** Rejected at the first call of `end`. */
  readonly #interrupt = Promise.withResolvers<never>();
  /** Resolved, and made anew, at each call of `end`. */
  #isShortened = Promise.withResolvers<void>();
  #isOutOfMemory = false;
  #ip = '';

  constructor(pod: Pod, host: WorkerHost) {
    this.#pod = pod;
    this.#host = host;
    this.#interrupt.promise.catch(() => {});
    const { initContainers = [], containers } = pod.spec;
    const reason = initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    const waiting = (container: Container) => describeContainer(container, { state: waitingState(reason) });
    this.view = {
      hostIP: host.hostIP,
      startTime: toTimestamp(host.state.clock.now()),
      podIP: '',
      initContainers: initContainers.map(waiting),
      containers: containers.map(waiting),
      failure: null,
    };
  }

  /** Ends the pod; called again, it can only end sooner. */
  end(ending: PodEnding): void {
    const endsAt = Date.now() + ending.graceSeconds * 1000;
    if (endsAt >= this.#endsAt) return;
    this.#ending ??= ending;
    this.view.failure = this.#ending.failure;
    this.#endsAt = endsAt;
    this.#interrupt.reject(new Interrupted());
    this.#isShortened.resolve();
    this.#isShortened = Promise.withResolvers();
  }

  /** Kills its containers as the kernel does when memory is short. */
  async killForMemory(): Promise<void> {
    this.#isOutOfMemory = true;
    await this.#signal('SIGKILL');
  }

  /** Runs the pod to its end. Rejects only because of a defect. */
  async run(): Promise<void> {
    this.#host.report();
    try {
      await this.#runContainers();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      await this.#terminate();
    }
  }

  async #runContainers(): Promise<void> {
    const sandbox = await this.#prepare();
    this.#ip = sandbox.ip;
    const { initContainers = [], containers } = this.#pod.spec;
    for (const [index, container] of initContainers.entries()) {
      const started = await this.#start(sandbox, this.#slot(container, this.view.initContainers, index));
      if (started === null || (await this.#unlessEnded(started.ended)) !== 0) return;
    }
    const ends: Promise<number>[] = [];
    for (const [index, container] of containers.entries()) {
      const started = await this.#start(sandbox, this.#slot(container, this.view.containers, index));
      if (started !== null) ends.push(started.ended);
    }
    await this.#unlessEnded(Promise.all(ends));
  }

  /** Waits for what the pod's volumes need. */
  async #prepare(): Promise<PodSandbox> {
    for (let isFirst = true; ; isFirst = false) {
      this.#checkEnding();
      try {
        return await this.#host.runtime.preparePod(this.#pod);
      } catch (error) {
        if (!(error instanceof NotReadyYet)) throw error;
        if (isFirst) this.#host.record('Warning', 'FailedMount', error.message);
      }
      await this.#pause();
    }
  }

  #slot(container: Container, statuses: ContainerStatus[], index: number): ViewSlot {
    return {
      container,
      show: (state, ids = {}) => {
        // The address appears with the first news of a container.
        this.view.podIP = this.#ip;
        statuses[index] = describeContainer(container, { state, ...ids });
        this.#host.report();
      },
    };
  }

  /** Starts a container as soon as it can. @returns null if its program does not start */
  async #start(sandbox: PodSandbox, slot: ViewSlot): Promise<Started | null> {
    const { container, show } = slot;
    const { runtime, state } = this.#host;
    const imageId = await this.#pull(slot);
    for (;;) {
      this.#checkEnding();
      try {
        const running = await runtime.startContainer(this.#pod, sandbox, container);
        return this.#observe(running, { slot, imageId });
      } catch (error) {
        if (!(error instanceof ContainerProblem)) throw error;
        if (error.reason === 'StartError') {
          show(startErrorState(error.message, state.clock.now()), { imageId });
          this.#host.record('Warning', 'Failed', `Error: ${error.message}`);
          return null;
        }
        show(waitingState(error.reason, error.message));
      }
      await this.#pause();
    }
  }

  async #pull({ container, show }: ViewSlot): Promise<string> {
    const { image = '' } = container;
    for (;;) {
      this.#checkEnding();
      try {
        return await this.#host.runtime.pullImage(container);
      } catch (error) {
        if (!(error instanceof ContainerProblem)) throw error;
        show(waitingState(error.reason, error.message));
        this.#host.record('Warning', 'Failed', error.message);
        await this.#pause();
        if (error.reason === 'ErrImagePull')
          show(
            waitingState(
              'ImagePullBackOff',
              `Back-off pulling image "${image}": ErrImagePull: ${error.message}`,
            ),
          );
      }
      await this.#pause();
    }
  }

  #observe(running: RunningContainer, { slot, imageId }: { slot: ViewSlot; imageId: string }): Started {
    const { container, show } = slot;
    const { id, startedAt } = running;
    show(runningState(startedAt), { id, imageId });
    this.#host.record('Normal', 'Started', `Started container ${container.name}`);
    const ended = running.ended.then((end) => {
      this.#running.delete(container.name);
      const isOutOfMemory = end.isOutOfMemory || (this.#isOutOfMemory && end.exitCode === 137);
      show(terminatedState(startedAt, { ...end, isOutOfMemory }, id), { id, imageId });
      return end.exitCode;
    });
    const started = { running, ended };
    this.#running.set(container.name, started);
    return started;
  }

  async #terminate(): Promise<void> {
    const names = [...this.#running.keys()];
    if (names.length === 0) return;
    this.#host.record('Normal', 'Killing', `Stopping container ${names.join(', ')}`);
    const ended = Promise.all([...this.#running.values()].map((one) => one.ended));
    if (this.#endsAt > Date.now()) await this.#signal('SIGTERM');
    while (this.#running.size > 0 && this.#endsAt > Date.now()) {
      const timer = new AbortController();
      const timeUp = delay(this.#endsAt - Date.now(), undefined, { signal: timer.signal }).catch(() => {});
      await Promise.race([ended, this.#isShortened.promise, timeUp]);
      timer.abort();
    }
    await this.#signal('SIGKILL');
    await ended;
  }

  async #signal(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ running }) => running.signal(name)));
  }

  #checkEnding(): void {
    if (this.#ending !== null) throw new Interrupted();
  }

  #unlessEnded<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, this.#interrupt.promise]);
  }

  async #pause(): Promise<void> {
    await this.#unlessEnded(delay(this.#host.retryMilliseconds));
  }
}
