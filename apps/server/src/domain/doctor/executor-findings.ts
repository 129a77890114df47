/** What was found about running attempts, as findings. Pure. */
import type { Finding } from './check-result.ts';
import { chooseSupported } from '../environments/choose-python.ts';
import { ok, problem, skipped, warning } from './check-result.ts';

/** What the server uses to run attempts. */
export type UsedExecutor = 'process' | 'docker' | 'kubernetes';

const descriptions: Record<UsedExecutor, string> = {
  process: 'Runs are processes on this machine',
  docker: 'Runs are containers',
  kubernetes: 'Runs are pods in a Kubernetes cluster',
};

export interface ExecutorInput {
  /** Error: the settings contradict the decision of the first start. */
  executor: UsedExecutor | { contradiction: string };
  /** Whether the installation has decided; otherwise this is what it would decide now. */
  isDecided: boolean;
  /** Evidence that this server is in a container; null if it is not. */
  container: string | null;
}

export function deriveExecutorFinding({ executor, isDecided, container }: ExecutorInput): Finding {
  if (typeof executor === 'object')
    return problem(
      executor.contradiction,
      'Remove PUMPHOUSE_EXECUTOR, or set it to the executor of this installation.',
    );
  if (executor === 'process' && container !== null)
    return problem(
      `This server is in a container (${container}), so runs as processes would end with it.`,
      'Give the server a container engine or Kubernetes for runs: docs/operate/containers.md.',
    );
  const decided = isDecided ? 'decided at the first start' : 'would be decided at the first start';
  return ok(`${descriptions[executor]} (${decided}).`);
}

export interface ProgramInput {
  /** Null: not found. */
  path: string | null;
  /** Null: it could not be read. */
  version: string | null;
  /** Why the program cannot be used; null if it can. */
  failure: string | null;
}

/** @param install a sentence with the command that installs Python */
export function derivePythonFinding({ path, version, failure }: ProgramInput, install: string): Finding {
  if (path === null)
    return problem('python3 is missing. Every run needs it.', `${install}. Or set PUMPHOUSE_PYTHON.`);
  if (failure !== null)
    return problem(
      `${path} must be Python 3.10 or newer: ${failure}.`,
      `${install}. Or set PUMPHOUSE_PYTHON to a newer Python.`,
    );
  return ok(`Python ${version ?? ''} (${path}) starts runs.`.replace('  ', ' '));
}

export function deriveUvFinding({ path, version, failure }: ProgramInput): Finding {
  if (path === null)
    return problem(
      'uv is missing. It builds the environments of runs.',
      'Run: npm run setup. Or install uv and set PUMPHOUSE_UV.',
    );
  if (failure !== null)
    return problem(
      `uv at ${path} does not work: ${failure}.`,
      'Run: npm run setup. Or set PUMPHOUSE_UV to another uv.',
    );
  return ok(`${version ?? 'uv'} (${path}) builds environments.`);
}

/** @param versions full versions of the interpreters that uv finds on this machine */
export function derivePythonVersionsFinding(versions: readonly string[]): Finding {
  const usable = chooseSupported(versions);
  if (usable.length === 0)
    return problem(
      'uv finds no Python from 3.10 to 3.14. Runs have the Python version of the client that deployed them.',
      'Install the version that your clients use, for example: uv python install 3.12.',
    );
  return ok(
    `Runs can have Python ${usable.join(', ')}. A workspace that was deployed with another version needs it here.`,
  );
}

export interface SandboxInput {
  path: string | null;
  /** Why no sandbox can be created; null if one can. */
  failure: string | null;
  /** Setting PUMPHOUSE_ALLOW_UNISOLATED. */
  allowUnisolated: boolean;
  /** Whether runs are separate users, which only root can make them. */
  separatesUsers: boolean;
}

/** @param advice sentences: how to install bubblewrap, and what a sandbox requires of the kernel */
export function deriveSandboxFinding(
  { path, failure, allowUnisolated, separatesUsers }: SandboxInput,
  advice: { install: string; namespaces: string },
): Finding {
  const next = path === null ? `${advice.install}.` : advice.namespaces;
  if (path !== null && failure === null)
    return ok(
      `bubblewrap (${path}) isolates runs, ${separatesUsers ? 'as separate users' : "as this server's user"}.`,
    );
  const found =
    path === null
      ? 'bubblewrap is missing. It isolates runs.'
      : `bubblewrap (${path}) cannot create a sandbox: ${failure}.`;
  if (allowUnisolated)
    return warning(
      `${found} PUMPHOUSE_ALLOW_UNISOLATED is set, so runs can read all data of this server.`,
      next,
    );
  return problem(`${found} No run starts without it.`, next);
}

export interface RunNetworkInput {
  path: string | null;
  /** Why no network can be created; null if one can. */
  failure: string | null;
  /** Setting PUMPHOUSE_RUNS_NETWORK=shared. */
  isShared: boolean;
}

/** @param install a sentence with the command that installs pasta */
export function deriveRunNetworkFinding(
  { path, failure, isShared }: RunNetworkInput,
  install: string,
): Finding {
  const next =
    path === null
      ? `${install}. Or set PUMPHOUSE_PASTA.`
      : "Give this server's user access to /dev/net/tun, and allow user namespaces.";
  const found =
    path === null
      ? 'pasta is missing. It gives each run a network of its own.'
      : `pasta (${path}) cannot create a network: ${failure}.`;
  const works = path !== null && failure === null;
  if (isShared)
    return warning(
      `PUMPHOUSE_RUNS_NETWORK is shared, so runs reach everything that listens on this machine.${works ? '' : ` ${found} Apps cannot run.`}`,
      works ? 'Remove PUMPHOUSE_RUNS_NETWORK on a machine that runs code of others.' : next,
    );
  return works
    ? ok(`Each run has its own network (${path}).`)
    : problem(`${found} No run starts without it.`, next);
}

/**
 * @param isOpen whether runs reach the metadata service if there is one
 * @param answers whether one answers this machine
 */
export function deriveCloudMetadataFinding({
  isOpen,
  answers,
}: {
  isOpen: boolean;
  answers: boolean;
}): Finding {
  if (!isOpen) return ok('Runs do not reach it.');
  if (!answers) return ok('Runs would reach it, but none answers this machine.');
  return warning(
    'Runs reach it, so the code of every workspace has the role of this machine.',
    'Remove PUMPHOUSE_RUNS_CLOUD_METADATA and PUMPHOUSE_RUNS_NETWORK=shared, and give workspaces credentials of their own.',
  );
}

const limitNames = { memory: 'memory', cpu: 'processor time', pids: 'processes' } as const;

export interface LimitsInput {
  /** The limits that control groups can enforce here. */
  holds: readonly (keyof typeof limitNames)[];
  /** Sentence: what is enforced, what is not, and why. */
  detail: string;
  /** False for a command in a shell, which has another control group than a server that is a service. */
  isServer: boolean;
}

/** @param advice lines that say how runs get limits */
export function deriveLimitsFinding({ holds, detail, isServer }: LimitsInput, advice: string): Finding {
  if (holds.length === Object.keys(limitNames).length) return ok(detail);
  const elsewhere = isServer
    ? ''
    : ' This is the control group of this shell: the page System of the console shows that of the server.';
  return warning(`${detail}${elsewhere}`, advice);
}

export type EngineInput =
  | { state: 'none'; tried: readonly string[] }
  | { state: 'failed'; url: string; failure: string }
  | { state: 'answers'; url: string; label: string; isRootless: boolean; memoryBytes: number | null };

export function deriveEngineFinding(input: EngineInput): Finding {
  const next =
    'Start it (systemctl start docker, or systemctl --user start podman.socket), or set PUMPHOUSE_ENGINE_URL. ' +
    "This server's user needs access to its socket.";
  switch (input.state) {
    case 'none':
      return problem(`No container engine answers at ${input.tried.join(', ')}. Runs wait for it.`, next);
    case 'failed':
      return problem(`The container engine at ${input.url} does not work: ${input.failure}.`, next);
    case 'answers':
      return ok(`${input.label} answers at ${input.url}${input.isRootless ? ', rootless' : ''}.`);
    default:
      return skipped('');
  }
}
