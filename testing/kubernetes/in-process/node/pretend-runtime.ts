import type { LogOptions } from '../api-server/pod-actions.ts';
import { allContainers, type Container, type Pod } from '../api-server/pods/pod.ts';
import type { ContainerEnd, ContainerRuntime, PodSandbox, RunningContainer } from './container-runtime.ts';
import { missingImage } from './container-runtime.ts';

/** What becomes of a container that does not really run. */
export interface PretendedContainer {
  startMilliseconds: number;
  /** Infinity: until it is ended. */
  runMilliseconds: number;
  exitCode: number;
  /** Its exit code after TERM; 143 unless set. Null ignores the signal. */
  exitCodeOnTerm?: number | null;
  isOutOfMemory?: boolean;
  log?: string;
}

export type Pretend = (pod: Pod, container: Container) => PretendedContainer;

const short: PretendedContainer = { startMilliseconds: 0, runMilliseconds: 0, exitCode: 0 };

/** Runs nothing: containers only change their states, when the test says. */
export class PretendRuntime implements ContainerRuntime {
  readonly #pretend: Pretend;
  readonly #missingImages: ReadonlySet<string>;
  #pods = 0;
  #containers = 0;

  constructor({
    missingImages,
    pretend = () => short,
  }: {
    missingImages: ReadonlySet<string>;
    pretend?: Pretend;
  }) {
    this.#missingImages = missingImages;
    this.#pretend = pretend;
  }

  async preparePod(): Promise<PodSandbox> {
    this.#pods += 1;
    const [high, low] = [Math.floor(this.#pods / 250) % 250, (this.#pods % 250) + 1];
    return { ip: `10.244.${high}.${low}`, folder: '' };
  }

  async pullImage({ image = '', imagePullPolicy }: Container): Promise<string> {
    if (this.#missingImages.has(image)) throw missingImage(image, imagePullPolicy);
    return `docker.io/pretended@sha256:${'0'.repeat(64)}`;
  }

  async startContainer(pod: Pod, _sandbox: PodSandbox, container: Container): Promise<RunningContainer> {
    const pretended = this.#pretend(pod, container);
    const { startMilliseconds, runMilliseconds, exitCode, exitCodeOnTerm = 143 } = pretended;
    if (startMilliseconds > 0) await new Promise((resolve) => setTimeout(resolve, startMilliseconds));
    this.#containers += 1;
    const { promise: ended, resolve } = Promise.withResolvers<ContainerEnd>();
    const end = (code: number) =>
      resolve({
        exitCode: code,
        isOutOfMemory: pretended.isOutOfMemory === true && code === exitCode,
        finishedAt: new Date(),
        message: '',
      });
    const timer = runMilliseconds === Infinity ? undefined : setTimeout(() => end(exitCode), runMilliseconds);
    return {
      id: `pretended://${this.#containers}`,
      startedAt: new Date(),
      ended,
      signal: async (name) => {
        if (name === 'SIGTERM' && exitCodeOnTerm === null) return;
        clearTimeout(timer);
        end(name === 'SIGTERM' ? (exitCodeOnTerm ?? 0) : 137);
      },
    };
  }

  async readLog(pod: Pod, { container }: LogOptions): Promise<string> {
    const found = allContainers(pod.spec).find(({ name }) => name === container);
    return found === undefined ? '' : (this.#pretend(pod, found).log ?? '');
  }

  async removePod(): Promise<void> {}
}
