/** Runs attempts as containers of a local or remote engine with the Docker Engine API: Docker or Podman. */
import type Docker from 'dockerode';
import {
  ExecutorError,
  type AttemptHandle,
  type AttemptLimits,
  type AttemptSpec,
  type EnvironmentLine,
  type Executor,
  type ProbeResult,
} from '../executor.ts';
import { checkNames, checkPlace } from '../local-data-names.ts';
import { checkAppPort } from '../app-port.ts';
import { closeNetwork, createConnections } from './app-network.ts';
import { readHandle, requireHandle } from './attempt-place.ts';
import {
  discardContainer,
  hasStarted,
  inspectAttempt,
  judgeAttempt,
  listAttempts,
  makeLocalData,
  removeAttempt,
  startContainer,
  stopContainer,
} from './attempts.ts';
import { listBelongings, removeBelonging } from './belongings.ts';
import { fingerprintBootstrap } from './bootstrap-fingerprint.ts';
import { createImageBuilder, type ImageSources } from './build-image.ts';
import {
  asExecutorError,
  connectEngine,
  engineWords,
  isMissing,
  pingEngine,
  readEngineFacts,
  type EngineFacts,
} from './engine.ts';
import type { EngineAddress } from './engine-address.ts';
import { noFaultPoints, type FaultPoints } from '../../platform/fault-points.ts';
import { createMachineClosing, type CloseMachine } from './closed-machine.ts';
import { readEngineId } from './engine-identity.ts';
import {
  buildEnvironment,
  readEnvironmentFacts,
  removeEnvironment,
  requireEnvironment,
} from './environments.ts';
import { putFiles } from './files.ts';
import { createImages, type Images } from './images.ts';
import { attemptName, executorName, folders, labels, shortInstallation } from './names.ts';
import { ensureNetwork, planNetwork, type NetworkOptions, type RunsNetwork } from './network.ts';
import type { ShortContainerHost } from './short-container.ts';
import { copySnapshot, takeSnapshot } from './snapshots.ts';
import { createSpoolReader } from './spool.ts';
import { createVolumeSizes, listCacheVolumes, sumCaches } from './volume-sizes.ts';
import { removeVolume } from './volumes.ts';
import { buildHandle } from './attempt-place.ts';

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
  faultPoints?: FaultPoints;
}

export interface DockerExecutor extends Executor {
  /**
   * The address at which containers reach this machine, if the engine is local; null if their network has
   * none.
   */
  findGateway(): Promise<string | null>;
}

/** The engine, and what this process knows about it. */
interface Connection {
  engine: Docker;
  facts: EngineFacts;
  engineId: string;
  images: Images;
  /** Fingerprint of this server's bootstrap. */
  bootstrap: string;
  closeMachine: CloseMachine;
}

/** Creates an executor for the engine at an address. Sends nothing yet. */
export function createDockerExecutor(options: DockerExecutorOptions): DockerExecutor {
  const { installationId, network, faultPoints = noFaultPoints } = options;
  const starts = new Map<string, Promise<AttemptHandle>>();
  const spools = createSpoolReader();
  const connections = createConnections();
  let opening: Promise<Connection> | null = null;
  let measureVolumes: ReturnType<typeof createVolumeSizes> | null = null;

  async function open(): Promise<Connection> {
    const engine = await connectEngine(options.engine);
    const [facts, engineId, bootstrap] = await Promise.all([
      readEngineFacts(engine),
      readEngineId(engine, installationId),
      fingerprintBootstrap(options.bootstrapDir),
    ]);
    const sources = options.imageSources;
    const build = sources && createImageBuilder(engine, installationId, sources);
    const images = createImages({ engine, template: options.runnerImage, bootstrap, build });
    measureVolumes = createVolumeSizes(engine, installationId);
    const closeMachine = createMachineClosing(facts.isPodman, options);
    return { engine, facts, engineId, images, bootstrap, closeMachine };
  }

  /**
   * Connects to the engine, which may have been down or replaced.
   * @throws ExecutorError backend if none responds
   */
  async function connect(): Promise<Connection> {
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw asExecutorError(error, `The container engine at ${options.engine.url} does not answer`);
    }
  }

  /** Runs an operation on the engine and converts its errors to the executor's. */
  async function withEngine<Result>(
    doing: string,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    const connection = await connect();
    try {
      return await work(connection);
    } catch (error) {
      throw asExecutorError(error, doing);
    }
  }

  /** Check again: another engine may respond at the address by now. */
  const isSameEngine = async ({ engine, engineId }: Connection): Promise<boolean> => {
    const isSame = (await readEngineId(engine, installationId)) === engineId;
    if (!isSame) opening = null;
    return isSame;
  };

  const attemptVolume = (attemptId: string): string =>
    `pumphouse-${shortInstallation(installationId)}-attempt-${attemptId}`;

  const describeHost = ({ engine, facts }: Connection, image: string): ShortContainerHost => ({
    engine,
    installationId,
    image,
    engineCpus: facts.cpus,
  });

  function requireNetwork({ engine, facts }: Connection, purpose: 'runs' | 'builds'): Promise<RunsNetwork> {
    return ensureNetwork(engine, facts.isPodman, planNetwork(installationId, network, purpose));
  }

  async function startAttempt(spec: AttemptSpec): Promise<AttemptHandle> {
    checkNames(spec);
    return withEngine(`Attempt ${spec.attemptId} could not be started`, async (connection) => {
      const { engine, facts, engineId, images } = connection;
      const { localData, uid } = spec;
      const handle = buildHandle({ engineId, attemptId: spec.attemptId, jobRunId: spec.jobRunId });
      const needed = Promise.all([
        requireEnvironment(engine, spec.environment),
        requireNetwork(connection, 'runs'),
        localData?.access === 'read-write' ? makeLocalData(engine, { installationId, ...localData }) : null,
      ]);
      // An attempt that has already started needs none of these.
      needed.catch(() => undefined);
      const found = await inspectAttempt(engine, spec.attemptId);
      if (found !== null && hasStarted(found)) {
        // The server that started it may have died before closing the network.
        await closeToOthers(engine, spec);
        return handle;
      }
      const [environment, runsNetwork, localDataVolume] = await needed;
      const image = await images.require(environment.python);
      const volumes = {
        attempt: attemptVolume(spec.attemptId),
        environment: spec.environment.path,
        localData: localDataVolume,
      };
      try {
        await startContainer(engine, spec, {
          engineId,
          image: image.id,
          network: runsNetwork.name,
          engineCpus: facts.cpus,
          volumes,
          machine: await connection.closeMachine(describeHost(connection, image.id), runsNetwork),
          async copyLocalData() {
            if (localData?.access === 'copy')
              await copySnapshot(describeHost(connection, image.id), { ...localData, uid }, volumes.attempt);
          },
          faultPoints,
        });
      } catch (error) {
        // The image was removed since the last check: the next try finds, pulls or builds it.
        if (isMissing(error)) images.forget();
        throw error;
      }
      await closeToOthers(engine, spec);
      return handle;
    });
  }

  /** The port of an app must be unreachable for others; otherwise the app does not start. */
  async function closeToOthers(engine: Docker, { attemptId, network: wanted }: AttemptSpec): Promise<void> {
    if (wanted === 'outgoing') return;
    try {
      await closeNetwork(engine, attemptId);
    } catch (error) {
      await discardContainer(engine, attemptId, attemptVolume(attemptId));
      throw error;
    }
  }

  async function probe(): Promise<ProbeResult> {
    try {
      // Ping first, because it has the shortest timeout.
      await pingEngine(options.engine);
      const connection = await connect();
      await requireNetwork(connection, 'runs');
      return {
        ok: true,
        detail: `Runs are containers of ${connection.facts.label} at ${options.engine.url}.`,
      };
    } catch (error) {
      return { ok: false, detail: error instanceof ExecutorError ? error.message : describeSilence(error) };
    }
  }

  const describeSilence = (error: unknown): string =>
    `The container engine at ${options.engine.url} does not answer: ${engineWords(error)}. Runs wait until it does.`;

  return {
    name: executorName,
    capabilities: () => ({ memoryLimit: true, isolated: true, localData: true, interactive: true }),
    probe,
    async readMachine() {
      const { cpus, memoryBytes } = (await connect()).facts;
      return memoryBytes === null ? null : { cpus, memoryBytes };
    },
    findGateway: () =>
      withEngine(
        'The network of runs cannot be read',
        async (connection) => (await requireNetwork(connection, 'runs')).gateway,
      ),
    buildEnvironment: (spec, onLine, signal) =>
      withEngine('The environment could not be built', async (connection) => {
        const image = await connection.images.require(spec.pythonVersion, asLines(onLine));
        const buildsNetwork = await requireNetwork(connection, 'builds');
        const place = {
          engine: connection.engine,
          installationId,
          image,
          network: buildsNetwork.name,
          machine: await connection.closeMachine(describeHost(connection, image.id), buildsNetwork),
          engineCpus: connection.facts.cpus,
          limits: options.buildLimits,
          faultPoints,
        };
        return buildEnvironment(place, spec, onLine, signal);
      }),
    hasEnvironment: (location, onLine = () => undefined) =>
      withEngine('The environment cannot be inspected', async ({ engine, images }) => {
        const facts = await readEnvironmentFacts(engine, location);
        if (facts === null) return false;
        // An environment built on another base uses an interpreter that this image lacks.
        const image = await images.require(facts.python, asLines(onLine));
        return image.base === facts.base;
      }),
    removeEnvironment: (location) =>
      withEngine('The environment could not be removed', ({ engine }) =>
        removeEnvironment(engine, location, faultPoints),
      ),
    measureEnvironment: ({ path }) =>
      withEngine('The environment cannot be measured', async () => {
        const volumes = (await measureVolumes?.('environment')) ?? [];
        return volumes.find(({ name }) => name === path)?.sizeBytes ?? 0;
      }),
    listCaches: () =>
      withEngine('The caches cannot be listed', async () =>
        sumCaches((await measureVolumes?.('cache')) ?? []),
      ),
    removeCache: (organizationId) =>
      withEngine('The cache could not be removed', async ({ engine }) => {
        const volumes = await listCacheVolumes(engine, installationId, organizationId);
        for (const name of volumes) await removeVolume(engine, name);
      }),
    // Environments are volumes, without links between them.
    listStoredPackages: () => Promise.resolve([]),
    removeStoredPackages: () => Promise.resolve(),
    async start(spec) {
      const running = starts.get(spec.attemptId);
      if (running !== undefined) return running;
      const started = startAttempt(spec).finally(() => starts.delete(spec.attemptId));
      starts.set(spec.attemptId, started);
      return started;
    },
    redirect: (handle, notice) =>
      withEngine('The attempt could not be given the address of its server', async ({ engine, engineId }) => {
        const data = readHandle(handle, engineId);
        if ('elsewhere' in data) return;
        const container = await inspectAttempt(engine, data.attemptId);
        // Without a running bootstrap there is no one to notify, which `inspect` reports.
        if (container?.State.Running !== true) return;
        const [uid = 0, gid = 0] = container.Config.User.split(':').map(Number);
        const files = [{ path: 'redirect', content: notice }];
        await putFiles(engine.getContainer(attemptName(data.attemptId)), folders.record, files, { uid, gid });
      }),
    connect: (handle, port) =>
      withEngine('The app cannot be reached', async ({ engine, engineId }) => {
        const { attemptId } = requireHandle(handle, engineId);
        checkAppPort(port);
        return connections.connect(engine, attemptId, port);
      }),
    takeSnapshot: (of, isUntouched, extent) =>
      withEngine('No snapshot of local data could be taken', async (connection) => {
        checkPlace(of);
        const live = await makeLocalData(connection.engine, of);
        const place = describeHost(connection, (await connection.images.requireAny()).id);
        return takeSnapshot(place, { ...of, live }, isUntouched, extent);
      }),
    refreshCopy: (handle, of) =>
      withEngine('The copy of local data could not be refreshed', async (connection) => {
        checkPlace(of);
        const { attemptId } = requireHandle(handle, connection.engineId);
        const container = await inspectAttempt(connection.engine, attemptId);
        if (container?.State.Running !== true)
          throw new ExecutorError('backend', 'The attempt does not run.');
        if (container.Config.Labels[labels.snapshot] === undefined)
          throw new ExecutorError('backend', 'The attempt has no copy of local data.');
        await copySnapshot(describeHost(connection, container.Image), of, attemptVolume(attemptId));
      }),
    async inspect(handle) {
      try {
        const connection = await connect();
        const data = readHandle(handle, connection.engineId);
        if ('elsewhere' in data) return { state: 'unknown', detail: data.elsewhere };
        return await judgeAttempt(connection.engine, data.attemptId, () => isSameEngine(connection));
      } catch (error) {
        return { state: 'unknown', detail: describeSilence(error) };
      }
    },
    stop: (handle, { graceSeconds }) =>
      withEngine('The attempt could not be stopped', ({ engine, engineId }) =>
        stopContainer(engine, requireHandle(handle, engineId).attemptId, graceSeconds),
      ),
    remove: (handle) =>
      withEngine('The attempt could not be removed', async ({ engine, engineId }) => {
        const { attemptId } = requireHandle(handle, engineId);
        spools.end(attemptId);
        connections.end(attemptId);
        await removeAttempt(engine, attemptId, attemptVolume(attemptId), faultPoints);
      }),
    list: () =>
      withEngine('The attempts cannot be listed', ({ engine, engineId }) =>
        listAttempts(engine, installationId, engineId),
      ),
    listBelongings: ({ withSizes }) =>
      withEngine('The resources of the engine cannot be listed', async ({ engine, bootstrap }) => {
        const sizes = withSizes ? ((await measureVolumes?.()) ?? []) : [];
        return listBelongings(engine, { installationId, bootstrap }, sizes);
      }),
    removeBelonging: (belonging) =>
      withEngine(`${belonging.kind} ${belonging.id} could not be removed`, ({ engine }) =>
        removeBelonging(engine, installationId, belonging, faultPoints),
      ),
    readSpool: (handle, offset, maxBytes) =>
      withEngine('The spool cannot be read', async ({ engine, engineId }) => {
        const data = readHandle(handle, engineId);
        if ('elsewhere' in data) return null;
        const container = engine.getContainer(attemptName(data.attemptId));
        return spools.read(data.attemptId, container, offset, maxBytes);
      }),
  };
}

function asLines(onLine: (line: EnvironmentLine) => void): (text: string) => void {
  return (text) => onLine({ stream: 'stdout', text });
}
