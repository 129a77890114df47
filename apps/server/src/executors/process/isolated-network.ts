/** A run's own network: the arguments of pasta, and name resolution inside. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { ExecutorError } from '../contract/executor-error.ts';
import { adviseInstall } from './install-advice.ts';
import type { Isolation } from './isolation.ts';
import type { SandboxPlan } from './sandbox.ts';

/** The operator's settings for the network of batch runs and builds. Apps always have their own. */
export interface RunsNetwork {
  /** Runs use the machine's network, including its loopback. */
  isShared: boolean;
  /** Ports of the machine's loopback that runs can reach on their own loopback. */
  loopbackPorts: readonly number[];
  /** Networks that runs and apps do not reach. */
  closedNetworks: readonly string[];
}

export interface NetworkPlan {
  /** Argv of pasta; the bootstrap appends the ports and the command that holds the network open. */
  pasta: string[];
  /** Ports of the machine's loopback that can be reached inside. */
  ports: number[];
  /** Networks that are not reached from inside. */
  closed: readonly string[];
}

export interface NetworkOptions {
  isolation: Isolation;
  /** Null if pasta is not installed. */
  pastaPath: string | null;
  runsNetwork: RunsNetwork;
}

/**
 * Plans the network of an attempt or a build; null means the machine's network.
 * @param use its purpose, and the server URL for a run
 * @throws ExecutorError config if it requires its own network and cannot have one
 */
export function planNetwork(
  { isolation, pastaPath, runsNetwork }: NetworkOptions,
  use: { kind: 'app' | 'run'; attemptsUrl: string } | { kind: 'build' },
): NetworkPlan | null {
  const isApp = use.kind === 'app';
  if (isolation.kind === 'none') {
    if (!isApp) return null;
    throw new ExecutorError(
      'config',
      `Each app needs its own network, which requires a sandbox. ${adviseInstall('bubblewrap')}`,
    );
  }
  if (runsNetwork.isShared && !isApp) return null;
  if (pastaPath === null) throw new ExecutorError('config', explainMissingPasta(isApp ? 'app' : 'run'));
  const serverPorts = use.kind === 'build' ? [] : listForwardedPorts(use.attemptsUrl);
  return {
    pasta: buildPastaCommand(pastaPath, isolation.privileges),
    ports: [...new Set([...serverPorts, ...runsNetwork.loopbackPorts])],
    closed: runsNetwork.closedNetworks,
  };
}

/**
 * The user inside a sandbox in such a network, for `SandboxPlan.insideUid`. Without root, the sandbox starts
 * in pasta's user namespace, where this server's user appears as root.
 */
export function planInsideUser(
  network: NetworkPlan | null,
  privileges: SandboxPlan['privileges'],
): Pick<SandboxPlan, 'insideUid'> {
  const uid = process.getuid?.();
  return network === null || privileges === 'root' || uid === undefined ? {} : { insideUid: uid };
}

export function explainMissingPasta(what: 'app' | 'run'): string {
  const missing = `Each ${what} needs its own network, and pasta, which creates it, is not installed. ${adviseInstall('passt')}`;
  const otherwise =
    what === 'app'
      ? ''
      : ' Or set PUMPHOUSE_RUNS_NETWORK=shared on a machine where runs may reach everything that listens on it.';
  return `${missing}. Or name it in PUMPHOUSE_PASTA.${otherwise} Then restart the server.`;
}

/** Private addresses inside. Using the machine's own would make the machine unreachable for the run. */
const ADDRESS = '10.0.2.100';
const GATEWAY = '10.0.2.2';
const RESOLVER = '10.0.2.3';

/**
 * Argv of pasta. The bootstrap appends the forwarded loopback ports and the command that holds the network
 * open. Nothing leads in: no port of the machine is forwarded, and no address inside maps to its loopback
 * (the gateway would by default).
 */
export function buildPastaCommand(pastaPath: string, privileges: SandboxPlan['privileges']): string[] {
  return [
    [pastaPath, '--quiet', '--config-net', '--no-map-gw'],
    // Root keeps its uid but loses its privileges: pasta runs in its own user namespace, which "nobody" could
    // not create.
    privileges === 'root' ? ['--runas', '0'] : [],
    ['--address', ADDRESS, '--netmask', '24', '--gateway', GATEWAY, '--dns-forward', RESOLVER],
    ['--tcp-ports', 'none', '--udp-ports', 'none', '--udp-ns', 'none'],
  ].flat();
}

/**
 * Ports of the machine's loopback that user code needs in addition to telemetry: the server's, if it listens
 * there.
 */
export function listForwardedPorts(attemptsUrl: string): number[] {
  const { hostname, port, protocol } = new URL(attemptsUrl);
  if (hostname !== 'localhost' && !(isIP(hostname) === 4 && hostname.startsWith('127.'))) return [];
  return [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
}

/**
 * /etc/resolv.conf inside. Pasta forwards queries to the machine's resolver, which may listen on its
 * loopback.
 */
export function describeResolver(machines = readResolver()): string {
  const kept = machines.split('\n').filter((line) => /^(search|domain|options)\s/.test(line));
  return [`nameserver ${RESOLVER}`, ...kept, ''].join('\n');
}

function readResolver(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
