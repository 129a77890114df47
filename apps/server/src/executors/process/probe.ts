/** Tests whether attempts can run on this machine by trying it. */
import type { ProbeResult } from '../contract/backend.ts';
import { adviseInstall } from './install-advice.ts';
import { buildPastaCommand, explainMissingPasta, type RunsNetwork } from './isolated-network.ts';
import { findObstacle } from './find-obstacle.ts';
import { detectContainer, readHostLayout } from './host-layout.ts';
import type { Isolation } from './isolation.ts';
import { runCommand } from './run-command.ts';
import { buildSandboxArguments } from './sandbox.ts';

export interface ProbeOptions {
  isolation: Isolation | null;
  pythonPath: string;
  uvPath: string;
  pastaPath: string | null;
  runsNetwork: RunsNetwork;
  dataDir: string;
  /** A description of the limits that apply to runs here. */
  limits: string;
  /** Another root folder in tests. */
  root?: string;
}

const CHECK_PYTHON = 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 3)';

/** Runs every program once, bubblewrap with a real sandbox. The detail says what works or what to do. */
export async function probeMachine({
  isolation,
  pythonPath,
  uvPath,
  pastaPath,
  runsNetwork,
  dataDir,
  limits,
  root,
}: ProbeOptions): Promise<ProbeResult> {
  const container = detectContainer(root);
  if (container !== null) {
    return refuse(
      `This server runs in a container (${container}): runs would end with it. Give it a container engine or Kubernetes for runs.`,
    );
  }
  if (isolation === null) {
    return refuse(
      `bubblewrap is not installed, and runs do not start without isolation. ${adviseInstall('bubblewrap')}. ` +
        'Or set PUMPHOUSE_ALLOW_UNISOLATED=1 on a machine where all code is trusted.',
    );
  }
  const python = await findPythonFailure(pythonPath);
  if (python !== null)
    return refuse(`${pythonPath} must be Python 3.10 or newer for the bootstrap of a run: ${python}`);
  const { failure: uv } = await readUvVersion(uvPath);
  if (uv !== null) return refuse(`uv at ${uvPath} does not work: ${uv}`);
  if (isolation.kind === 'none')
    return { ok: true, detail: `Runs are NOT isolated: they can read all data of this server. ${limits}` };
  const obstacle = await findObstacle({ dataDir, isolation, pastaPath, runsNetwork });
  if (obstacle !== null) return refuse(obstacle);
  const network = await probeNetwork(isolation, pastaPath, runsNetwork);
  if (!network.ok) return network;
  return probeSandbox(isolation, [limits, network.detail].join(' '));
}

/** Why an interpreter cannot run the bootstrap of a run; null if it can. */
export function findPythonFailure(pythonPath: string, signal?: AbortSignal): Promise<string | null> {
  return tryCommand([pythonPath, '-I', '-S', '-c', CHECK_PYTHON], signal);
}

/** The version line of uv, such as `uv 0.9.1`, or why it does not work. */
export async function readUvVersion(
  uvPath: string,
  signal?: AbortSignal,
): Promise<{ version: string; failure: null } | { version: null; failure: string }> {
  const result = await attemptCommand([uvPath, '--version'], signal);
  if (result.failure !== null) return { version: null, failure: result.failure };
  return { version: result.stdout[0] ?? 'uv', failure: null };
}

/** Why bubblewrap cannot create a sandbox here; null if it can. Creates one. */
export function findSandboxFailure(
  isolation: Extract<Isolation, { kind: 'sandbox' }>,
  signal?: AbortSignal,
): Promise<string | null> {
  const argv = buildSandboxArguments({
    ...isolation,
    host: readHostLayout(),
    network: 'inherited',
    binds: [],
  });
  return tryCommand([...argv, '/usr/bin/env', 'true'], signal);
}

async function probeSandbox(
  isolation: Extract<Isolation, { kind: 'sandbox' }>,
  further: string,
): Promise<ProbeResult> {
  const failure = await findSandboxFailure(isolation);
  if (failure === null) {
    const user = isolation.privileges === 'root' ? 'as separate users' : `as this server's user`;
    return {
      ok: true,
      detail: `Runs are isolated by bubblewrap (${isolation.bwrapPath}), ${user}. ${further}`,
    };
  }
  return refuse(
    `bubblewrap cannot create a sandbox here: ${failure}. ${adviseNamespaces(isolation.privileges)}`,
  );
}

/** Whether runs can have a network of their own, which all need unless they share the machine's. */
async function probeNetwork(
  { privileges }: Extract<Isolation, { kind: 'sandbox' }>,
  pastaPath: string | null,
  { isShared, loopbackPorts }: RunsNetwork,
): Promise<ProbeResult> {
  const problem = await findNetworkProblem(pastaPath, privileges);
  if (problem !== null && !isShared) return refuse(problem);
  const shared =
    'Runs are NOT kept from programs that listen on this machine (PUMPHOUSE_RUNS_NETWORK=shared).';
  if (problem !== null) return { ok: true, detail: `${shared} Apps cannot run: ${problem}` };
  const open =
    loopbackPorts.length === 0 ? '' : `, and reach ports ${loopbackPorts.join(', ')} of its loopback`;
  const own = `${isShared ? 'Apps' : 'Runs'} have their own networks (${pastaPath})${open}.`;
  return { ok: true, detail: isShared ? `${shared} ${own}` : own };
}

async function findNetworkProblem(
  pastaPath: string | null,
  privileges: 'root' | 'user',
): Promise<string | null> {
  if (pastaPath === null) return explainMissingPasta('run');
  const failure = await findPastaFailure(pastaPath, privileges);
  if (failure === null) return null;
  return (
    `pasta (${pastaPath}) cannot create a network here: ${failure}. This server's user needs access to /dev/net/tun. ` +
    'Or set PUMPHOUSE_RUNS_NETWORK=shared on a machine where runs may reach everything that listens on it.'
  );
}

/** Why pasta cannot create a network here; null if it can. Creates one. */
export function findPastaFailure(
  pastaPath: string,
  privileges: 'root' | 'user',
  signal?: AbortSignal,
): Promise<string | null> {
  const pasta = buildPastaCommand(pastaPath, privileges);
  return tryCommand([...pasta, '--foreground', '--tcp-ns', 'none', '--', '/bin/sh', '-c', ':'], signal);
}

/** What a sandbox requires of the machine, as a sentence. */
export function adviseNamespaces(privileges: 'root' | 'user'): string {
  if (privileges === 'root') return 'Root must keep CAP_SYS_ADMIN and be allowed to create namespaces.';
  return (
    'Unprivileged user namespaces must be allowed: see the sysctl settings user.max_user_namespaces, ' +
    'kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns.'
  );
}

/** Runs a command; null on success, otherwise the last line of its output. */
async function tryCommand(argv: string[], signal?: AbortSignal): Promise<string | null> {
  return (await attemptCommand(argv, signal)).failure;
}

async function attemptCommand(
  argv: string[],
  signal?: AbortSignal,
): Promise<{ failure: string | null; stdout: string[] }> {
  try {
    const result = await runCommand(argv, { variables: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }, signal });
    const { code, stdout, stderr } = result;
    const failure =
      code === 0 ? null : (stderr.at(-1) ?? `it ended with ${result.signal ?? `exit code ${code}`}`);
    return { failure, stdout };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error), stdout: [] };
  }
}

function refuse(detail: string): ProbeResult {
  return { ok: false, detail };
}
