/** Looks at what runs attempts: programs, sandbox, networks, limits, engine, cluster. */
import type { DoctorContext, Looks } from './doctor-context.ts';
import type { Finding } from '../../domain/doctor/check-result.ts';
import type { Isolation } from '../../executors/process/isolation.ts';
import type { ToolName } from '../../executors/process/tool-lookup.ts';
import type { UsedExecutor } from '../../domain/doctor/executor-findings.ts';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { adviseInstall, adviseLimits } from '../../executors/process/install-advice.ts';
import {
  adviseNamespaces,
  findPastaFailure,
  findPythonFailure,
  findSandboxFailure,
  readUvVersion,
} from '../../executors/process/probe.ts';
import { chooseExecutor } from '../choose-executor.ts';
import { chooseRunsNetwork } from '../choose-runs-network.ts';
import {
  connectEngine,
  engineAnswers,
  engineMessage,
  readEngineDetails,
} from '../../executors/docker/engine.ts';
import { createKubernetes, findAnswering, listCandidates, toolsFolder } from '../create-executor.ts';
import { decideIsolation } from '../../executors/process/isolation.ts';
import { describeInterpreter, listInstalledPythons } from '../../executors/process/python-interpreter.ts';
import { detectContainer } from '../../executors/process/host-layout.ts';
import { findTool } from '../../executors/process/tool-lookup.ts';
import { openControlGroups } from '../../executors/process/control-groups.ts';
import { ok, problem, skipped } from '../../domain/doctor/check-result.ts';
import {
  deriveCloudMetadataFinding,
  deriveEngineFinding,
  deriveExecutorFinding,
  deriveLimitsFinding,
  derivePythonFinding,
  derivePythonVersionsFinding,
  deriveRunNetworkFinding,
  deriveSandboxFinding,
  deriveUvFinding,
} from '../../domain/doctor/executor-findings.ts';
import { readInstallation } from './doctor-context.ts';

type ExecutorChecks =
  | 'executor'
  | 'python'
  | 'python_versions'
  | 'uv'
  | 'sandbox'
  | 'run_network'
  | 'cloud_metadata'
  | 'limits'
  | 'engine'
  | 'cluster'
  | 'runs_connection';

interface Choice {
  executor: UsedExecutor | { contradiction: string };
  isDecided: boolean;
  installationId: string | null;
  candidates: ReturnType<typeof listCandidates>;
}

const engineTimeoutMs = 5000;
const metadataTimeoutMs = 1000;

export function createExecutorLooks(context: DoctorContext): Looks<ExecutorChecks> {
  const { config, server } = context;
  let choice: Promise<Choice> | null = null;
  const readChoice = () => (choice ??= choose(context));
  const lookUp = (name: ToolName) => findTool(name, { env: config.toolVariables, toolsDir: toolsFolder });

  /** Skips the check if the server does not run attempts in this way. */
  const only =
    (used: UsedExecutor, look: (choice: Choice, signal: AbortSignal) => Finding | Promise<Finding>) =>
    async (signal: AbortSignal): Promise<Finding> => {
      if (!config.roles.supervisor) return skipped('This server does not run attempts (PUMPHOUSE_ROLES).');
      const made = await readChoice();
      return made.executor === used ? look(made, signal) : skipped(notUsed[used]);
    };

  return {
    async executor() {
      if (!config.roles.supervisor) return skipped('This server does not run attempts (PUMPHOUSE_ROLES).');
      return deriveExecutorFinding({ ...(await readChoice()), container: detectContainer() });
    },
    python: only('process', async (_, signal) => {
      const path = lookUp('python3');
      const failure = path === null ? null : await findPythonFailure(path, signal);
      const isUsable = path !== null && failure === null;
      const version = isUsable ? (await describeInterpreter(path, signal)).version : null;
      return derivePythonFinding({ path, version, failure }, adviseInstall('python'));
    }),
    python_versions: only('process', async (_, signal) => {
      const uvPath = lookUp('uv');
      if (uvPath === null) return skipped('uv, which finds them, is missing.');
      const searchPath = config.toolVariables['PATH'] ?? '';
      return derivePythonVersionsFinding(
        await listInstalledPythons({ uvPath, searchPath, dataDir: config.dataDir }, signal),
      );
    }),
    uv: only('process', async (_, signal) => {
      const path = lookUp('uv');
      if (path === null) return deriveUvFinding({ path, version: null, failure: null });
      return deriveUvFinding({ path, ...(await readUvVersion(path, signal)) });
    }),
    sandbox: only('process', async (_, signal) => {
      const path = lookUp('bwrap');
      const isolation = readIsolation(path);
      const isRoot = isolation?.kind === 'sandbox' && isolation.privileges === 'root';
      const failure = isolation?.kind === 'sandbox' ? await findSandboxFailure(isolation, signal) : null;
      return deriveSandboxFinding(
        { path, failure, allowUnisolated: config.allowUnisolated, separatesUsers: isRoot },
        { install: adviseInstall('bubblewrap'), namespaces: adviseNamespaces(isRoot ? 'root' : 'user') },
      );
    }),
    run_network: only('process', async (_, signal) => {
      const path = lookUp('pasta');
      const privileges = process.getuid?.() === 0 ? 'root' : 'user';
      const failure = path === null ? null : await findPastaFailure(path, privileges, signal);
      const { isShared } = chooseRunsNetwork(config);
      return deriveRunNetworkFinding({ path, failure, isShared }, adviseInstall('passt'));
    }),
    async cloud_metadata() {
      if (!config.roles.supervisor) return skipped('This server does not run attempts (PUMPHOUSE_ROLES).');
      const { executor } = await readChoice();
      if (executor === 'kubernetes') return skipped('Network policies decide it for pods.');
      const isShared = executor === 'process' && config.engine.network.name === 'shared';
      const isOpen = isShared || config.runsClosedNetworks.length === 0;
      return deriveCloudMetadataFinding({ isOpen, answers: isOpen && (await answersMetadata()) });
    },
    limits: only('process', ({ installationId }) => {
      // Trial groups have the name of the installation, so that its server removes what a kill leaves.
      const groups = openControlGroups(installationId ?? randomUUID());
      return deriveLimitsFinding({ ...groups, isServer: server !== null }, adviseLimits());
    }),
    engine: only('docker', (made) => lookAtEngine(context, made)),
    cluster: only('kubernetes', async ({ installationId }) => {
      const probe = server
        ? await server.probeExecutor()
        : await createKubernetes(config, config.kubernetes, installationId ?? randomUUID()).probe();
      return probe.ok ? ok(probe.detail) : problem(probe.detail, 'See docs/operate/kubernetes.md.');
    }),
    async runs_connection() {
      if (!server) return skipped('Only a running server can tell.');
      const found = await server.findRunsProblem();
      if (found === null) return ok('Runs reach this server.');
      return problem(
        found,
        'Set PUMPHOUSE_ATTEMPTS_URL or PUMPHOUSE_ATTEMPTS_HOST: docs/operate/containers.md.',
      );
    },
  };
}

/** Every cloud that gives roles to machines answers at this address. */
function answersMetadata(): Promise<boolean> {
  const socket = connect({ host: '169.254.169.254', port: 80, timeout: metadataTimeoutMs });
  const answered = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('timeout', () => resolve(false));
    socket.once('error', () => resolve(false));
  });
  return answered.finally(() => socket.destroy());
}

const notUsed: Record<UsedExecutor, string> = {
  process: 'Runs are not processes on this machine.',
  docker: 'Runs are not containers.',
  kubernetes: 'Runs are not pods.',
};

async function choose(context: DoctorContext): Promise<Choice> {
  const { config } = context;
  const installation = await readInstallation(context);
  const decided = installation?.executor ?? null;
  const candidates = listCandidates(config.engine, installation?.engineUrl ?? null);
  const made = { isDecided: decided !== null, installationId: installation?.id ?? null, candidates };
  try {
    const executor = await chooseExecutor({
      setting: config.executor,
      decided,
      engineAnswers: async () => (await findAnswering(candidates, { engineAnswers })) !== null,
    });
    return { ...made, executor };
  } catch (error) {
    return { ...made, executor: { contradiction: error instanceof Error ? error.message : String(error) } };
  }
}

function readIsolation(bwrapPath: string | null): Isolation | null {
  return decideIsolation({ bwrapPath, allowUnisolated: false, serverUid: process.getuid?.() ?? 0 });
}

async function lookAtEngine({ server }: DoctorContext, { candidates }: Choice): Promise<Finding> {
  const address = await findAnswering(candidates, { engineAnswers });
  if (!address) return deriveEngineFinding({ state: 'none', tried: candidates.map(({ url }) => url) });
  const { url } = address;
  try {
    const details = await readEngineDetails(await connectEngine(address, engineTimeoutMs));
    const probe = await server?.probeExecutor();
    if (probe && !probe.ok) return deriveEngineFinding({ state: 'failed', url, failure: probe.detail });
    return deriveEngineFinding({ state: 'answers', url, ...details });
  } catch (error) {
    return deriveEngineFinding({ state: 'failed', url, failure: engineMessage(error) });
  }
}
