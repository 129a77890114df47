/** Runs attempts as containers of an engine that speaks the Docker Engine API: Docker or Podman, here or elsewhere. */
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
import { copySnapshot, takeSnapshot, type CopyPlace } from './snapshots.ts';
import { createSpoolReader } from './spool.ts';
import { createVolumeSizes, listCacheVolumes, sumCaches } from './volume-sizes.ts';
import { removeVolume } from './volumes.ts';
import { buildHandle } from './attempt-place.ts';

export interface DockerExecutorOptions {
  engine: EngineAddress;
  installationId: string;
  /** Reference of the runner images, with `{python}` for the minor version. */
  runnerImage: string;
  /** The folder python/pumphouse_bootstrap. */
  bootstrapDir: string;
  /** What runner images are built from where there are none; null: people build them. */
  imageSources: ImageSources | null;
  /** What the build of an environment may use. */
  buildLimits: AttemptLimits;
  network: NetworkOptions;
  /** TCP ports at which runs and builds reach the engine's machine all the same. */
  openPorts: readonly number[];
  faultPoints?: FaultPoints;
}

export interface DockerExecutor extends Executor {
  /** The address of this machine at which containers meet it, if the engine is here; null where their network has none. */
  findGateway(): Promise<string | null>;
}

/** The engine and what this process has learnt of it. */
interface Connection {
  engine: Docker;
  facts: EngineFacts;
  engineId: string;
  images: Images;
  /** Fingerprint of this server's bootstrap. */
  bootstrap: string;
  closeMachine: CloseMachine;
}

/** An executor for the engine at an address; nothing is asked of it yet. */
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

  /** The engine, which may have been away or have changed since. @throws ExecutorError backend where none answers */
  async function connect(): Promise<Connection> {
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw asExecutorError(error, `The container engine at ${options.engine.url} does not answer`);
    }
  }

  /** Does something with the engine; its failures become the executor's. */
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

  /** Asked anew: another engine may answer at the address by now. */
  const isSameEngine = async ({ engine, engineId }: Connection): Promise<boolean> => {
    const isSame = (await readEngineId(engine, installationId)) === engineId;
    if (!isSame) opening = null;
    return isSame;
  };

  const attemptVolume = (attemptId: string): string =>
    `pumphouse-${shortInstallation(installationId)}-attempt-${attemptId}`;

  const describeCopying = ({ engine, facts }: Connection, image: string): CopyPlace => ({
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
      // An attempt that has started already needs none of them.
      needed.catch(() => undefined);
      const found = await inspectAttempt(engine, spec.attemptId);
      if (found !== null && hasStarted(found)) {
        // Whoever started it may have died before that.
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
          machine: await connection.closeMachine(describeCopying(connection, image.id), runsNetwork),
          async copyLocalData() {
            if (localData?.access === 'copy')
              await copySnapshot(
                describeCopying(connection, image.id),
                { ...localData, uid },
                volumes.attempt,
              );
          },
          faultPoints,
        });
      } catch (error) {
        // Removed since it was last looked at: the next try finds, pulls or builds it.
        if (isMissing(error)) images.forget();
        throw error;
      }
      await closeToOthers(engine, spec);
      return handle;
    });
  }

  /** What user code of an app listens on is to be reached by nobody: without that it does not start. */
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
      // First, since nothing else is given up so soon.
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
          machine: await connection.closeMachine(describeCopying(connection, image.id), buildsNetwork),
          engineCpus: connection.facts.cpus,
          limits: options.buildLimits,
          faultPoints,
        };
        return buildEnvironment(place, spec, onLine, signal);
      }),
    hasEnvironment: (location, onLine = () => undefined) =>
      withEngine('The environment cannot be looked at', async ({ engine, images }) => {
        const facts = await readEnvironmentFacts(engine, location);
        if (facts === null) return false;
        // One that was built on another base has an interpreter that this image does not have.
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
    // Environments are volumes, and no link goes from one to another.
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
      withEngine('The attempt could not be told where its server is', async ({ engine, engineId }) => {
        const data = readHandle(handle, engineId);
        if ('elsewhere' in data) return;
        const container = await inspectAttempt(engine, data.attemptId);
        // Without a running bootstrap there is nobody to be told, which `inspect` will say.
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
        const place = describeCopying(connection, (await connection.images.requireAny()).id);
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
        await copySnapshot(describeCopying(connection, container.Image), of, attemptVolume(attemptId));
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
      withEngine('What the engine has cannot be listed', async ({ engine, bootstrap }) => {
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
