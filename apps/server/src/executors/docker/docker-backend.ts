/** The connection to the container engine, which the parts of the executor share. */
import type Docker from 'dockerode';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import { createImageBuilder, type ImageSources } from './build-image.ts';
import { fingerprintBootstrap } from './bootstrap-fingerprint.ts';
import { createMachineClosing, type CloseMachine } from './closed-machine.ts';
import {
  asExecutorError,
  connectEngine,
  engineMessage,
  readEngineDetails,
  type EngineDetails,
} from './engine.ts';
import type { EngineAddress } from './engine-address.ts';
import { readEngineId } from './engine-identity.ts';
import { createImages, type Images } from './images.ts';
import { ensureNetwork, planNetwork, type NetworkOptions, type RunsNetwork } from './network.ts';
import type { ShortContainerHost } from './short-container.ts';
import { createVolumeSizes } from './volume-sizes.ts';
import { noFaultPoints, type FaultPoints } from '../../platform/fault-points.ts';
import { createWithConnection } from '../with-connection.ts';

export interface DockerExecutorOptions {
  engine: EngineAddress;
  installationId: string;
  /** Name of the runner images, with `{python}` for the minor version. */
  runnerImage: string;
  /** The folder python/pumphouse_bootstrap. */
  bootstrapDir: string;
  /** Sources of missing runner images; null: operators build them. */
  imageSources: ImageSources | null;
  /** Resource limits of an environment build. */
  buildLimits: AttemptLimits;
  network: NetworkOptions;
  /** TCP ports of the engine's machine that runs and builds may connect to. */
  openPorts: readonly number[];
  /** Networks that runs, builds and apps do not reach, whatever port is open. */
  closedNetworks: readonly string[];
  /** Share of the engine's memory for containers that wait for a run; none by default. */
  slotsMemoryPercent?: number;
  faultPoints?: FaultPoints;
}

/** The engine, and what this process knows about it. */
export interface EngineConnection {
  engine: Docker;
  details: EngineDetails;
  engineId: string;
  images: Images;
  /** Fingerprint of this server's bootstrap. */
  bootstrap: string;
  closeMachine: CloseMachine;
  measureVolumes: ReturnType<typeof createVolumeSizes>;
}

export type DockerBackend = ReturnType<typeof createDockerBackend>;

/** Creates the connection to the engine at an address. Sends nothing yet. */
export function createDockerBackend(options: DockerExecutorOptions) {
  const { installationId, buildLimits, faultPoints = noFaultPoints } = options;
  const { url } = options.engine;
  let opening: Promise<EngineConnection> | null = null;

  async function open(): Promise<EngineConnection> {
    const engine = await connectEngine(options.engine);
    const [details, engineId, bootstrap] = await Promise.all([
      readEngineDetails(engine),
      readEngineId(engine, installationId),
      fingerprintBootstrap(options.bootstrapDir),
    ]);
    const sources = options.imageSources;
    const build = sources && createImageBuilder(engine, installationId, sources);
    const images = createImages({ engine, template: options.runnerImage, bootstrap, build });
    const measureVolumes = createVolumeSizes(engine, installationId);
    const closeMachine = createMachineClosing(details.isPodman, options);
    return { engine, details, engineId, images, bootstrap, closeMachine, measureVolumes };
  }

  /**
   * Connects to the engine, which may have been down or replaced.
   * @throws ExecutorError backend if none responds
   */
  async function connect(): Promise<EngineConnection> {
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw asExecutorError(error, `The container engine at ${url} does not answer`);
    }
  }

  return {
    installationId,
    buildLimits,
    faultPoints,
    connect,

    withEngine: createWithConnection(connect, asExecutorError),

    /** Check again: another engine may respond at the address by now. */
    async isSameEngine({ engine, engineId }: EngineConnection): Promise<boolean> {
      const isSame = (await readEngineId(engine, installationId)) === engineId;
      if (!isSame) opening = null;
      return isSame;
    },

    requireNetwork({ engine, details }: EngineConnection, purpose: 'runs' | 'builds'): Promise<RunsNetwork> {
      return ensureNetwork(engine, details.isPodman, planNetwork(installationId, options.network, purpose));
    },

    describeHost({ engine, details }: EngineConnection, image: string): ShortContainerHost {
      return { engine, installationId, image, engineCpus: details.cpus };
    },

    describeSilence: (error: unknown): string =>
      `The container engine at ${url} does not answer: ${engineMessage(error)}. Runs wait until it does.`,
  };
}
