import { mkdir, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { engineMessage, isMissing, statusOf } from '@pumphouse/server/executors/docker/engine.ts';
import type { ClusterState } from '../../api-server/cluster-state.ts';
import type { LogOptions } from '../../api-server/pod-actions.ts';
import type { Container, Pod } from '../../api-server/pods/pod.ts';
import { badRequest } from '../../api-server/status-error.ts';
import { ContainerProblem, missingImage } from '../container-runtime.ts';
import type { ContainerEnd, ContainerRuntime, PodSandbox, RunningContainer } from '../container-runtime.ts';
import { readEnvironment } from './container-environment.ts';
import { readContainerLog, type Engine } from './container-log.ts';
import { containerLabel, planContainer, podLabel } from './plan-container.ts';
import type { NetworkEnforcer } from './network-enforcer.ts';
import type { PodNetwork } from './pod-network.ts';
import { prepareVolumes } from './pod-volumes.ts';

const pollMilliseconds = 20;

export interface PodmanRuntimeOptions {
  state: ClusterState;
  engine: Engine;
  network: PodNetwork;
  enforcer: NetworkEnforcer;
  /** For the files of pods and claims; the engine sees it at the same path. */
  folder: string;
  hostIP: string;
  missingImages: ReadonlySet<string>;
}

interface PreparedPod {
  ip: string;
  volumes: Map<string, string>;
  /** The first of its main containers, whose network the others use. */
  first: string | null;
}

/** Runs the containers of pods with Podman. */
export class PodmanRuntime implements ContainerRuntime {
  readonly #options: PodmanRuntimeOptions;
  readonly #pods = new Map<string, PreparedPod>();

  constructor(options: PodmanRuntimeOptions) {
    this.#options = options;
  }

  async preparePod(pod: Pod): Promise<PodSandbox> {
    const { state, folder, network, enforcer } = this.#options;
    const { uid } = pod.metadata;
    const own = this.#folderOf(uid);
    const claims = join(folder, 'claims');
    const volumes = await prepareVolumes(state, pod, { volumes: join(own, 'volumes'), claims });
    const ip = network.assign(uid);
    await enforcer.admit(pod, ip);
    this.#pods.set(uid, { ip, volumes, first: null });
    return { ip, folder: own };
  }

  async pullImage({ image = '', imagePullPolicy }: Container): Promise<string> {
    const { engine, missingImages } = this.#options;
    if (!/^[a-z0-9][\w.\-/:@]*$/.test(image)) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
      throw new ContainerProblem('InvalidImageName', message);
    }
    try {
      if (!missingImages.has(image)) return (await engine.getImage(image).inspect()).Id;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    throw missingImage(image, imagePullPolicy);
  }

  async startContainer(pod: Pod, { ip }: PodSandbox, container: Container): Promise<RunningContainer> {
    const { state, engine, network, hostIP } = this.#options;
    const { uid } = pod.metadata;
    await this.#refuseRoot(pod, container);
    const environment = readEnvironment({ state, pod, container, podIP: ip, hostIP });
    const prepared = this.#preparedPod(uid);
    const messageFile = await this.#createMessageFile(uid, container);
    const isMain = pod.spec.containers.some(({ name }) => name === container.name);
    const created = await engine.createContainer(
      planContainer({
        pod,
        container,
        environment,
        volumes: prepared.volumes,
        messageFile,
        emptyFolder: join(this.#options.folder, 'empty'),
        network: network.name,
        ip,
        joins: isMain ? prepared.first : null,
      }),
    );
    // Asked before the start, so that no end is too fast for it.
    const exit = created.wait({ condition: 'next-exit' });
    exit.catch(() => {});
    try {
      await created.start();
    } catch (error) {
      // The engine reports a program that it cannot execute as a server error.
      if (statusOf(error) === null) throw error;
      throw new ContainerProblem('StartError', `failed to create containerd task: ${engineMessage(error)}`);
    }
    if (isMain) prepared.first ??= created.id;
    const { State } = await created.inspect();
    return {
      id: `containerd://${created.id}`,
      startedAt: new Date(State.StartedAt),
      ended: exit.then(async () => {
        if (!isMain) await this.#untilAddressIsFree(created.id);
        return this.#readEnd(created.id, messageFile);
      }),
      signal: (name) => this.#signal(created.id, name),
    };
  }

  async #readEnd(id: string, messageFile: string): Promise<ContainerEnd> {
    const { State } = await this.#options.engine.getContainer(id).inspect();
    const message = await readFile(messageFile, 'utf8').catch(() => '');
    return {
      exitCode: State.ExitCode,
      isOutOfMemory: State.OOMKilled,
      finishedAt: new Date(State.FinishedAt),
      message: Buffer.from(message).subarray(0, 4096).toString(),
    };
  }

  /**
   * Waits until Podman has taken the network from an ended init container, which it does after it has reported the end:
   * the next container of the pod gets the same address.
   */
  async #untilAddressIsFree(id: string): Promise<void> {
    for (;;) {
      const { NetworkSettings } = await this.#options.engine.getContainer(id).inspect();
      if (Object.values(NetworkSettings.Networks).every(({ IPAddress }) => IPAddress === '')) return;
      await delay(pollMilliseconds);
    }
  }

  async #signal(id: string, name: string): Promise<void> {
    try {
      await this.#options.engine.getContainer(id).kill({ signal: name });
    } catch (error) {
      // It has ended: Podman answers 409 or 500, and 404 if it is gone.
      if (statusOf(error) === null) throw error;
    }
  }

  /** @throws ContainerProblem if the pod may not run as root and would */
  async #refuseRoot(
    { spec, metadata }: Pod,
    { name, image = '', securityContext = {} }: Container,
  ): Promise<void> {
    const pod = spec.securityContext ?? {};
    if ((securityContext.runAsNonRoot ?? pod.runAsNonRoot) !== true) return;
    const which = `(pod: "${metadata.name}_${metadata.namespace}(${metadata.uid})", container: ${name})`;
    const user = securityContext.runAsUser ?? pod.runAsUser;
    if (user === 0) {
      throw new ContainerProblem(
        'CreateContainerConfigError',
        `container's runAsUser breaks non-root policy ${which}`,
      );
    }
    if (user !== undefined) return;
    const { Config } = await this.#options.engine.getImage(image).inspect();
    const [imageUser = ''] = Config.User.split(':');
    const message = `container has runAsNonRoot and image will run as root ${which}`;
    if (imageUser === '' || imageUser === '0' || imageUser === 'root')
      throw new ContainerProblem('CreateContainerConfigError', message);
  }

  async #createMessageFile(uid: string, { name }: Container): Promise<string> {
    const folder = join(this.#folderOf(uid), 'messages');
    await mkdir(folder, { recursive: true });
    const file = join(folder, name);
    await writeFile(file, '');
    await chmod(file, 0o666);
    return file;
  }

  async readLog({ metadata: { uid, name } }: Pod, options: LogOptions): Promise<Readable | string> {
    const labels = [`${podLabel}=${uid}`, `${containerLabel}=${options.container}`];
    const [found] = await this.#options.engine.listContainers({ all: true, filters: { label: labels } });
    if (found === undefined)
      throw badRequest(`container "${options.container}" in pod "${name}" is not available`);
    return readContainerLog(this.#options.engine, found.Id, options);
  }

  async removePod(uid: string): Promise<void> {
    const { engine, network, enforcer } = this.#options;
    const first = this.#pods.get(uid)?.first;
    this.#pods.delete(uid);
    const found = await engine.listContainers({ all: true, filters: { label: [`${podLabel}=${uid}`] } });
    // Those that use the network of the first go before it.
    for (const { Id } of found.toSorted((a, b) => Number(a.Id === first) - Number(b.Id === first))) {
      try {
        await engine.getContainer(Id).remove({ force: true, v: true });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    enforcer.release(uid);
    network.release(uid);
    await rm(this.#folderOf(uid), { recursive: true, force: true });
  }

  #preparedPod(uid: string): PreparedPod {
    const prepared = this.#pods.get(uid);
    if (prepared === undefined) throw new Error(`The pod ${uid} was not prepared.`);
    return prepared;
  }

  #folderOf(uid: string): string {
    return join(this.#options.folder, 'pods', uid);
  }
}
