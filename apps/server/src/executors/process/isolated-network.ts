/** A network of a run's own: what pasta is told, and what resolves names there. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { ExecutorError } from '../executor.ts';
import { adviseInstall } from './install-advice.ts';
import type { Isolation } from './isolation.ts';
import type { SandboxPlan } from './sandbox.ts';

/** What the operator decided about the network of batch runs and builds. Apps have one of their own in any case. */
export interface RunsNetwork {
  /** They use the network of the machine, its loopback too. */
  isShared: boolean;
  /** Ports of the machine's loopback that runs reach at the loopback of their own network. */
  loopbackPorts: readonly number[];
}

export interface NetworkPlan {
  /** Argv of pasta; the bootstrap adds the ports and what holds the network. */
  pasta: string[];
  /** Ports of the machine's loopback that are reached inside. */
  ports: number[];
}

export interface NetworkOptions {
  isolation: Isolation;
  /** Null where pasta is not installed. */
  pastaPath: string | null;
  runsNetwork: RunsNetwork;
}

/**
 * The network of an attempt or a build; null: the machine's.
 * @param use what it is for, and where a run reaches its server
 * @throws ExecutorError config where it must have one of its own and cannot
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
      `Each app needs a network of its own, and only a sandbox has one. ${adviseInstall('bubblewrap')}`,
    );
  }
  if (runsNetwork.isShared && !isApp) return null;
  if (pastaPath === null) throw new ExecutorError('config', explainMissingPasta(isApp ? 'app' : 'run'));
  const serverPorts = use.kind === 'build' ? [] : listForwardedPorts(use.attemptsUrl);
  return {
    pasta: buildPastaCommand(pastaPath, isolation.privileges),
    ports: [...new Set([...serverPorts, ...runsNetwork.loopbackPorts])],
  };
}

/**
 * The user inside a sandbox in such a network, for `SandboxPlan.insideUid`: without root the sandbox is started in pasta's user namespace, where
 * this server's user is root.
 */
export function planInsideUser(
  network: NetworkPlan | null,
  privileges: SandboxPlan['privileges'],
): Pick<SandboxPlan, 'insideUid'> {
  const uid = process.getuid?.();
  return network === null || privileges === 'root' || uid === undefined ? {} : { insideUid: uid };
}

export function explainMissingPasta(what: 'app' | 'run'): string {
  const missing = `Each ${what} needs a network of its own, and pasta, which makes it, is not installed. ${adviseInstall('passt')}`;
  const otherwise =
    what === 'app'
      ? ''
      : ' Or set PUMPHOUSE_RUNS_NETWORK=shared on a machine where runs may reach everything that listens on it.';
  return `${missing}. Or name it in PUMPHOUSE_PASTA.${otherwise} Then restart the server.`;
}

/** Addresses inside, seen by nobody else. The machine's own would hide the machine from the run. */
const ADDRESS = '10.0.2.100';
const GATEWAY = '10.0.2.2';
const RESOLVER = '10.0.2.3';

/**
 * Argv of pasta, to which the bootstrap adds the ports that lead out to the machine's loopback and what holds the network. Nothing leads in:
 * neither a port of the machine, nor an address inside that stands for its loopback (the gateway does, unless it is told not to).
 */
export function buildPastaCommand(pastaPath: string, privileges: SandboxPlan['privileges']): string[] {
  return [
    [pastaPath, '--quiet', '--config-net', '--no-map-gw'],
    // Root stays its uid and loses its rights: pasta is in a user namespace of its own, and "nobody" could not make one any more.
    privileges === 'root' ? ['--runas', '0'] : [],
    ['--address', ADDRESS, '--netmask', '24', '--gateway', GATEWAY, '--dns-forward', RESOLVER],
    ['--tcp-ports', 'none', '--udp-ports', 'none', '--udp-ns', 'none'],
  ].flat();
}

/** Ports of the machine's loopback that user code needs, beside its telemetry's: the server's, where it listens there. */
export function listForwardedPorts(attemptsUrl: string): number[] {
  const { hostname, port, protocol } = new URL(attemptsUrl);
  if (hostname !== 'localhost' && !(isIP(hostname) === 4 && hostname.startsWith('127.'))) return [];
  return [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
}

/** /etc/resolv.conf inside: pasta asks the machine's resolver, which may listen on its loopback. */
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
