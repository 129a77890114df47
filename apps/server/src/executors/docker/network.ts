/** The networks of an installation's containers: a way out, no way in, and their server at the gateway. */
import type Docker from 'dockerode';
import { ExecutorError } from '../executor.ts';
import { isConflict, orNull } from './engine.ts';
import { labelsOf, shortInstallation } from './names.ts';

export interface NetworkOptions {
  /** A network that somebody else looks after; null: one of the installation's own. */
  name: string | null;
  /** False: runs reach their server and nothing else. Builds reach package indexes all the same. */
  egress: boolean;
}

interface NetworkPlan {
  name: string;
  /** Names of interfaces have 15 characters at most, and two engines on one machine would both choose the same first one. */
  bridge: string;
  internal: boolean;
  labels: Record<string, string>;
}

/**
 * The network that runs are in, or the one for builds. Pure. Whether a network has a way out is decided when it is made: so there is one
 * with and one without, by names of their own, and a setting that was changed holds for the next run.
 */
export function planNetwork(
  installationId: string,
  { name, egress }: NetworkOptions,
  purpose: 'runs' | 'builds',
): { existing: string } | { own: NetworkPlan } {
  if (name !== null) return { existing: name };
  const short = shortInstallation(installationId);
  const kind = egress || purpose === 'builds' ? 'open' : 'closed';
  return {
    own: {
      name: `pumphouse-${short}-${kind}`,
      bridge: `ph${kind === 'open' ? 'o' : 'c'}-${short}`,
      internal: kind === 'closed',
      labels: labelsOf(installationId, kind),
    },
  };
}

/** What is known of a network that is there. */
export interface RunsNetwork {
  name: string;
  /** The address at which its containers meet the engine's machine; null where it has none. */
  gateway: string | null;
}

/** Makes the network where it is not there yet. @throws ExecutorError config for a network that should be there */
export async function ensureNetwork(
  engine: Docker,
  isPodman: boolean,
  planned: ReturnType<typeof planNetwork>,
): Promise<RunsNetwork> {
  const name = 'existing' in planned ? planned.existing : planned.own.name;
  const found = await inspectNetwork(engine, name);
  if (found !== null) return found;
  if ('existing' in planned) {
    throw new ExecutorError(
      'config',
      `The engine has no network ${name}, which PUMPHOUSE_RUNS_NETWORK names.`,
    );
  }
  try {
    await (isPodman ? createPodmanNetwork(engine, planned.own) : createDockerNetwork(engine, planned.own));
  } catch (error) {
    // Another server was first.
    if (!isConflict(error)) throw error;
  }
  const made = await inspectNetwork(engine, name);
  if (made === null) throw new Error(`The network ${name} is not there although it was made.`);
  return made;
}

async function inspectNetwork(engine: Docker, name: string): Promise<RunsNetwork | null> {
  const found = (await orNull(engine.getNetwork(name).inspect())) as {
    IPAM?: { Config?: { Gateway?: string }[] };
  } | null;
  if (found === null) return null;
  const gateways = (found.IPAM?.Config ?? []).map(({ Gateway }) => Gateway?.split('/')[0] ?? '');
  return { name, gateway: gateways.find((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address)) ?? null };
}

async function createDockerNetwork(engine: Docker, plan: NetworkPlan): Promise<void> {
  await engine.createNetwork({
    Name: plan.name,
    Driver: 'bridge',
    Internal: plan.internal,
    Labels: plan.labels,
    // Runs do not reach each other.
    Options: {
      'com.docker.network.bridge.name': plan.bridge,
      'com.docker.network.bridge.enable_icc': 'false',
    },
  });
}

/**
 * By Podman's own API, which can leave DNS out. Its DNS server is one for all engines and networks of a machine, and a start fails when
 * that one meets the address of a bridge that is just made, or of one that an engine left when it was killed. Without it containers
 * ask the machine's own resolvers.
 */
async function createPodmanNetwork(engine: Docker, plan: NetworkPlan): Promise<void> {
  await dial(engine, '/v4.0.0/libpod/networks/create', {
    name: plan.name,
    driver: 'bridge',
    network_interface: plan.bridge,
    dns_enabled: false,
    labels: plan.labels,
    // Not reached from the machine's other container networks. An internal network would have no gateway, at which runs meet their
    // server; without a default route, which a run has no right to make, they reach that address and no other.
    options: { isolate: 'true', ...(plan.internal ? { no_default_route: 'true' } : {}) },
  });
}

function dial(engine: Docker, path: string, body: object): Promise<unknown> {
  const statusCodes = { 200: true, 400: 'bad request', 409: 'conflict', 500: 'server error' };
  return new Promise((resolve, reject) => {
    engine.modem.dial({ path, method: 'POST', options: body, statusCodes }, (error, data: unknown) =>
      error ? reject(error) : resolve(data),
    );
  });
}
