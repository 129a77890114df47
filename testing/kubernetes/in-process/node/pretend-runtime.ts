import type { Container, Pod } from '../api-server/pods/pod.ts';
import type { ContainerEnd, ContainerRuntime, PodSandbox, RunningContainer } from './container-runtime.ts';
import { ContainerProblem } from './container-runtime.ts';

/** What becomes of a container that does not really run. */
export interface PretendedContainer {
  startMilliseconds: number;
  /** Infinity: until it is ended. */
  runMilliseconds: number;
  exitCode: number;
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

  async pullImage({ image = '' }: Container): Promise<string> {
    if (!this.#missingImages.has(image)) return `docker.io/pretended@sha256:${'0'.repeat(64)}`;
    throw new ContainerProblem('ErrImagePull', `failed to resolve reference "${image}": ${image}: not found`);
  }

  async startContainer(pod: Pod, _sandbox: PodSandbox, container: Container): Promise<RunningContainer> {
    const { startMilliseconds, runMilliseconds, exitCode } = this.#pretend(pod, container);
    if (startMilliseconds > 0) await new Promise((resolve) => setTimeout(resolve, startMilliseconds));
    this.#containers += 1;
    const { promise: ended, resolve } = Promise.withResolvers<ContainerEnd>();
    const end = (code: number) =>
      resolve({ exitCode: code, isOutOfMemory: false, finishedAt: new Date(), message: '' });
    const timer = runMilliseconds === Infinity ? undefined : setTimeout(() => end(exitCode), runMilliseconds);
    return {
      id: `pretended://${this.#containers}`,
      startedAt: new Date(),
      ended,
      signal: async (name) => {
        clearTimeout(timer);
        end(name === 'SIGTERM' ? 143 : 137);
      },
    };
  }

  async readLog(): Promise<string> {
    return '';
  }

  async removePod(): Promise<void> {}
}
