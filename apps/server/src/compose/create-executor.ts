import type { Config } from '../config/config.ts';
import type { EngineAddress } from '../executors/docker/engine-address.ts';
import type { Executor } from '../executors/executor.ts';
import type { ImageSources } from '../executors/docker/build-image.ts';
import type { Logger } from 'pino';
import { join } from 'node:path';
import { claimDataFolder } from '../config/data-folder.ts';
import { createFaultPoints } from '../platform/pause-at.ts';
import { locateFile } from '../platform/program-files.ts';
import { chooseExecutor, type ExecutorName } from './choose-executor.ts';
import { chooseRunsNetwork } from './choose-runs-network.ts';
import { createDockerExecutor } from '../executors/docker/docker-executor.ts';
import { defaultRunnerImage } from '../executors/docker/names.ts';
import { engineAnswers } from '../executors/docker/engine.ts';
import { createKubernetesExecutor } from '../executors/kubernetes/kubernetes-executor.ts';
import { createProcessExecutor } from '../executors/process/process-executor.ts';
import { readOwnMachine } from '../executors/process/machine-resources.ts';
import { adviseInstall } from '../executors/process/install-advice.ts';
import { findTool } from '../executors/process/tool-lookup.ts';

/** An executor whose runs have their own network. */
export interface ContainerExecutor extends Executor {
  /** The address of the engine's machine on the network of runs; null while the engine does not report it. */
  findGateway(): Promise<string | null>;
}

/** Functions that create the executors. */
export interface ExecutorMakers {
  process(): Promise<Executor>;
  /** Null in a version without containers. */
  docker: {
    /** Whether an engine responds at this address; never throws. */
    engineAnswers(address: EngineAddress): Promise<boolean>;
    create(address: EngineAddress): Promise<ContainerExecutor>;
  } | null;
  /** Null without settings of a cluster. */
  kubernetes: (() => Executor) | null;
}

export interface CreatedExecutor {
  executor: Executor;
  /** Set if runs are containers, which reach this server through a separate listener. */
  containers: { engineUrl: string; findGateway: ContainerExecutor['findGateway'] } | null;
}

type ExecutorSettings = Pick<Config, 'executor' | 'engine'>;
/** What was chosen at the first start; null if nothing was, or no engine was found. */
export interface ExecutorDecision {
  executor: string | null;
  engineUrl: string | null;
}

/** Keeps the choice of an installation, or of a worker. */
export interface DecisionStore {
  get(): Promise<ExecutorDecision>;
  /** @returns the first decision */
  decideExecutor(executor: ExecutorName, engineUrl: string | null): Promise<ExecutorDecision>;
}

export const bootstrapFolder = locateFile('python/pumphouse_bootstrap');
export const toolsFolder = locateFile('.tools/bin');
const imageSources: ImageSources = {
  imagesFolder: locateFile('deploy/images'),
  bootstrapFolder,
  toolsFile: locateFile('scripts/python-tools.json'),
  uvPath: join(toolsFolder, 'uv'),
};

/** Creates the executor of a data folder of this installation, and logs whether it works. */
export async function createExecutor(
  config: Config,
  { installationId, decisions }: { installationId: string; decisions: DecisionStore },
  log: Logger,
): Promise<CreatedExecutor> {
  await claimDataFolder(config.dataDir, installationId);
  const created = await decideExecutor(config, decisions, createMakers(config, installationId, log));
  const { executor } = created;
  const probe = await executor.probe();
  if (probe.ok) log.info({ executor: executor.name, detail: probe.detail }, 'attempts can be run');
  if (probe.ok && !executor.capabilities().interactive)
    log.warn({ executor: executor.name, detail: probe.detail }, 'apps cannot be run on this machine');
  if (!probe.ok && config.roles.supervisor)
    log.error({ executor: executor.name, detail: probe.detail }, 'attempts cannot be run');
  return created;
}

/**
 * Decides at the first start and keeps the decision: the executor, and the engine if it was discovered rather
 * than configured. A server starts even if its engine does not respond; its runs wait.
 * @throws Error when the settings contradict the decision, or a requirement of the executor is missing
 */
export async function decideExecutor(
  settings: ExecutorSettings,
  store: DecisionStore,
  makers: ExecutorMakers,
): Promise<CreatedExecutor> {
  const kept = await store.get();
  const candidates = listCandidates(settings.engine, kept.engineUrl);
  const name = await chooseExecutor({
    setting: settings.executor,
    decided: kept.executor,
    engineAnswers: async () => (await findAnswering(candidates, makers.docker)) !== null,
  });
  if (name === 'process') {
    // Create it before deciding, so that an executor that cannot work here is never chosen permanently.
    const executor = await makers.process();
    const decided = await store.decideExecutor(name, null);
    if (decided.executor !== name) return decideExecutor(settings, store, makers);
    return { executor, containers: null };
  }
  if (name === 'kubernetes') return decideKubernetes(settings, store, makers);
  const answering = await findAnswering(candidates, makers.docker);
  const address = answering ?? candidates[0];
  if (!makers.docker || !address)
    throw new Error('This version cannot run attempts with docker: set PUMPHOUSE_EXECUTOR=process.');
  const executor = await makers.docker.create(address);
  const foundUrl = settings.engine.isSet ? null : (answering?.url ?? kept.engineUrl);
  const decided = await store.decideExecutor(name, foundUrl);
  // Another server was faster and found something else.
  const isKept = decided.executor === name && (settings.engine.isSet || decided.engineUrl === foundUrl);
  if (!isKept) return decideExecutor(settings, store, makers);
  return { executor, containers: { engineUrl: address.url, findGateway: () => executor.findGateway() } };
}

async function decideKubernetes(
  settings: ExecutorSettings,
  store: DecisionStore,
  makers: ExecutorMakers,
): Promise<CreatedExecutor> {
  if (makers.kubernetes === null)
    throw new Error(
      'This installation runs attempts in a Kubernetes cluster: set PUMPHOUSE_EXECUTOR=kubernetes and the settings of the cluster.',
    );
  const executor = makers.kubernetes();
  const decided = await store.decideExecutor('kubernetes', null);
  if (decided.executor !== 'kubernetes') return decideExecutor(settings, store, makers);
  // Pods are on other machines, so that their address of the server is always set.
  return { executor, containers: { engineUrl: 'https://kubernetes', findGateway: async () => null } };
}

/**
 * A configured engine is used exclusively; otherwise the one found at the first start, even if others respond
 * now.
 */
export function listCandidates(engine: Config['engine'], keptUrl: string | null): EngineAddress[] {
  return engine.isSet || keptUrl === null ? engine.addresses : [{ url: keptUrl, tls: null }];
}

/** Finds the first engine that responds; null if none does. */
export async function findAnswering(
  addresses: readonly EngineAddress[],
  docker: Pick<NonNullable<ExecutorMakers['docker']>, 'engineAnswers'> | null,
): Promise<EngineAddress | null> {
  if (!docker) return null;
  for (const address of addresses) if (await docker.engineAnswers(address)) return address;
  return null;
}

function createMakers(config: Config, installationId: string, log: Logger): ExecutorMakers {
  return {
    process: () => createProcess(config, installationId, log),
    docker: {
      engineAnswers,
      create: async (engine) =>
        createDockerExecutor({
          engine,
          installationId,
          runnerImage: config.engine.runnerImage,
          buildLimits: config.instanceSizes.medium,
          bootstrapDir: bootstrapFolder,
          // A custom image name means that the operator builds the image.
          imageSources: config.engine.runnerImage === defaultRunnerImage ? imageSources : null,
          network: config.engine.network,
          openPorts: config.runsLoopbackPorts,
          closedNetworks: config.runsClosedNetworks,
          slotsMemoryPercent: config.slotsMemoryPercent,
          faultPoints: createFaultPoints(config.pauseAt),
        }),
    },
    kubernetes: config.kubernetes && (() => createKubernetes(config, config.kubernetes, installationId)),
  };
}

/** @throws Error without settings of a cluster */
export function createKubernetes(
  config: Config,
  cluster: Config['kubernetes'],
  installationId: string,
): Executor {
  if (cluster === null) throw new Error('There are no settings of a cluster.');
  const { server, openNetworks, ...own } = cluster;
  return createKubernetesExecutor({
    ...own,
    installationId,
    image: config.engine.runnerImage,
    bootstrapDir: bootstrapFolder,
    buildLimits: config.instanceSizes.medium,
    network: {
      server,
      openNetworks,
      egress: config.engine.network.egress,
      attemptsPort: config.attemptsPort,
    },
    faultPoints: createFaultPoints(config.pauseAt),
  });
}

/** @throws Error when a program that every run needs is missing */
async function createProcess(config: Config, installationId: string, log: Logger): Promise<Executor> {
  const lookup = { env: config.toolVariables, toolsDir: toolsFolder };
  const pythonPath = findTool('python3', lookup);
  const uvPath = findTool('uv', lookup);
  if (!pythonPath)
    throw new Error(`No python3 was found in PATH. ${adviseInstall('python')}. Or set PUMPHOUSE_PYTHON.`);
  if (!uvPath) throw new Error('uv was not found. Run `npm run setup`, install uv, or set PUMPHOUSE_UV.');
  const runsNetwork = chooseRunsNetwork(config);
  if (runsNetwork.isShared)
    log.warn(
      'PUMPHOUSE_RUNS_NETWORK is shared: runs and builds reach everything that listens on this machine',
    );
  const createWith = (bwrapPath: string | null) =>
    createProcessExecutor({
      dataDir: config.dataDir,
      bootstrapDir: bootstrapFolder,
      pythonPath,
      uvPath,
      bwrapPath,
      pastaPath: findTool('pasta', lookup),
      runsNetwork,
      allowUnisolated: config.allowUnisolated,
      installationId,
      buildLimits: config.instanceSizes.medium,
      searchPath: config.toolVariables['PATH'],
      pythonDownloads: config.pythonDownloads,
      templatesBytes: (readOwnMachine().memoryBytes * config.templatesMemoryPercent) / 100,
      faultPoints: createFaultPoints(config.pauseAt),
      log,
    });
  return chooseIsolation(config, createWith, findTool('bwrap', lookup), log);
}

/**
 * A bubblewrap that cannot create a sandbox counts as missing, which is only allowed with
 * PUMPHOUSE_ALLOW_UNISOLATED.
 */
async function chooseIsolation(
  config: Config,
  createWith: (bwrapPath: string | null) => Executor,
  bwrapPath: string | null,
  log: Logger,
): Promise<Executor> {
  const isolated = createWith(bwrapPath);
  if (!bwrapPath || !config.allowUnisolated) return isolated;
  const probe = await isolated.probe();
  if (probe.ok) return isolated;
  log.warn({ detail: probe.detail }, 'runs have no sandbox: PUMPHOUSE_ALLOW_UNISOLATED is set');
  return createWith(null);
}
