/** Tests whether attempts can run on this machine by trying it. */
import type { ProbeResult } from '../contract/backend.ts';
import { adviseInstall } from './install-advice.ts';
import { buildPastaCommand, explainMissingPasta, type RunsNetwork } from './isolated-network.ts';
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
  limits,
  root,
}: ProbeOptions): Promise<ProbeResult> {
  const container = detectContainer(root);
  if (container !== null) {
    return refuse(
      `This server runs in a container (${container}): runs would end with it. Give it a container engine or Kubernetes to run in.`,
    );
  }
  if (isolation === null) {
    return refuse(
      `bubblewrap is not installed, and runs are not started without isolation. ${adviseInstall('bubblewrap')}. ` +
        'Or set PUMPHOUSE_ALLOW_UNISOLATED=1 on a machine where all code is trusted.',
    );
  }
  const python = await tryCommand([pythonPath, '-I', '-S', '-c', CHECK_PYTHON]);
  if (python !== null)
    return refuse(`${pythonPath} must be Python 3.10 or newer for the bootstrap of a run: ${python}`);
  const uv = await tryCommand([uvPath, '--version']);
  if (uv !== null) return refuse(`uv at ${uvPath} does not work: ${uv}`);
  if (isolation.kind === 'none')
    return { ok: true, detail: `Runs are NOT isolated: they can read what this server can. ${limits}` };
  const network = await probeNetwork(isolation, pastaPath, runsNetwork);
  if (!network.ok) return network;
  return probeSandbox(isolation, [limits, network.detail].join(' '));
}

async function probeSandbox(
  isolation: Extract<Isolation, { kind: 'sandbox' }>,
  further: string,
): Promise<ProbeResult> {
  const argv = buildSandboxArguments({
    ...isolation,
    host: readHostLayout(),
    network: 'inherited',
    binds: [],
  });
  const failure = await tryCommand([...argv, '/usr/bin/env', 'true']);
  if (failure === null) {
    const user = isolation.privileges === 'root' ? 'as users of their own' : `as this server's user`;
    return {
      ok: true,
      detail: `Runs are isolated by bubblewrap (${isolation.bwrapPath}), ${user}. ${further}`,
    };
  }
  return refuse(
    `bubblewrap cannot make a sandbox here: ${failure}. ${adviseNamespaces(isolation.privileges)}`,
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
  const shared = 'Runs are NOT kept from what listens on this machine (PUMPHOUSE_RUNS_NETWORK=shared).';
  if (problem !== null) return { ok: true, detail: `${shared} Apps cannot run: ${problem}` };
  const open =
    loopbackPorts.length === 0 ? '' : `, and reach ports ${loopbackPorts.join(', ')} of its loopback`;
  const own = `${isShared ? 'Apps' : 'Runs'} have a network of their own (${pastaPath})${open}.`;
  return { ok: true, detail: isShared ? `${shared} ${own}` : own };
}

async function findNetworkProblem(
  pastaPath: string | null,
  privileges: 'root' | 'user',
): Promise<string | null> {
  if (pastaPath === null) return explainMissingPasta('run');
  const pasta = buildPastaCommand(pastaPath, privileges);
  const failure = await tryCommand([...pasta, '--foreground', '--tcp-ns', 'none', '/bin/sh', '-c', ':']);
  if (failure === null) return null;
  return (
    `pasta (${pastaPath}) makes no network here: ${failure}. It needs /dev/net/tun, open to this server's user. ` +
    'Or set PUMPHOUSE_RUNS_NETWORK=shared on a machine where runs may reach everything that listens on it.'
  );
}

function adviseNamespaces(privileges: 'root' | 'user'): string {
  if (privileges === 'root') return 'Root must keep CAP_SYS_ADMIN and be allowed to make namespaces.';
  return (
    'Unprivileged user namespaces must be allowed: see the sysctl settings user.max_user_namespaces, ' +
    'kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns.'
  );
}

/** Runs a command; null on success, otherwise the last line of its output. */
async function tryCommand(argv: string[]): Promise<string | null> {
  try {
    const result = await runCommand(argv, { variables: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' } });
    if (result.code === 0) return null;
    return result.stderr.at(-1) ?? `it ended with ${result.signal ?? `exit code ${result.code}`}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function refuse(detail: string): ProbeResult {
  return { ok: false, detail };
}
