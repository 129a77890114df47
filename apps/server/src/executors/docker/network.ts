/**
 * The networks of an installation's containers: outgoing connections, no incoming ones, and the server at the
 * gateway.
 */
import type Docker from 'dockerode';
import { ExecutorError } from '../contract/executor-error.ts';
import { isConflict, orNull } from './engine.ts';
import { labelsOf, shortInstallation } from './names.ts';

export interface NetworkOptions {
  /** A network managed by the operator; null: one of the installation's own. */
  name: string | null;
  /** False: runs can reach only their server. Builds can still reach package indexes. */
  egress: boolean;
}

interface NetworkPlan {
  name: string;
  /**
   * Interface names have at most 15 characters, and two engines on one machine would both choose the same
   * default.
   */
  bridge: string;
  internal: boolean;
  labels: Record<string, string>;
}

/**
 * Plans the network of runs, or the one of builds. Pure. A network's internet access is fixed when it is
 * created, so there is one with and one without, under different names, and a changed setting applies to the
 * next run.
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

/** Properties of an existing network. */
export interface RunsNetwork {
  name: string;
  /** The address at which its containers reach the engine's machine; null if it has none. */
  gateway: string | null;
  /** The networks that its containers' addresses belong to. */
  subnets: string[];
}

/**
 * Creates the network if it does not exist.
 * @throws ExecutorError config for a named network that does not exist
 */
export async function ensureNetwork(
  engine: Docker,
  isPodman: boolean,
  planned: ReturnType<typeof planNetwork>,
): Promise<RunsNetwork> {
  const name = 'existing' in planned ? planned.existing : planned.own.name;
  const found = await inspectNetwork(engine, isPodman, name);
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
    // Another server was faster.
    if (!isConflict(error)) throw error;
  }
  const made = await inspectNetwork(engine, isPodman, name);
  if (made === null) throw new Error(`The network ${name} is missing although it was created.`);
  return made;
}

async function inspectNetwork(engine: Docker, isPodman: boolean, name: string): Promise<RunsNetwork | null> {
  const found = isPodman
    ? (await listPodmanNetworks(engine, name)).find((network) => network.name === name)
    : await orNull(engine.getNetwork(name).inspect() as Promise<DockerNetwork>);
  if (!found) return null;
  const subnets = subnetsOf(found);
  const gateway = subnets.find((one) => /^\d+\.\d+\.\d+\.\d+$/.test(one.gateway))?.gateway ?? null;
  return { name, gateway, subnets: subnets.map(({ subnet }) => subnet).filter(Boolean) };
}

/**
 * Lists the addresses of the engine's machine in its container networks, including networks whose bridge does
 * not exist because they have no containers.
 */
export async function listGateways(engine: Docker, isPodman: boolean): Promise<string[]> {
  const networks = isPodman ? await listPodmanNetworks(engine) : await engine.listNetworks();
  return networks.flatMap((network) => subnetsOf(network).map(({ gateway }) => gateway)).filter(Boolean);
}

interface DockerNetwork {
  IPAM?: { Config?: { Gateway?: string; Subnet?: string }[] | null };
}

interface PodmanNetwork {
  name: string;
  subnets?: { subnet?: string; gateway?: string }[];
}

function subnetsOf(network: DockerNetwork | PodmanNetwork): { subnet: string; gateway: string }[] {
  const listed =
    'name' in network
      ? network.subnets
      : network.IPAM?.Config?.map(({ Subnet: subnet, Gateway: gateway }) => ({ subnet, gateway }));
  return (listed ?? []).map(({ subnet = '', gateway = '' }) => ({
    subnet,
    gateway: gateway.split('/')[0] ?? '',
  }));
}

/**
 * Uses the list of Podman's own API. The inspect call and the Docker-compatible list also look at each
 * container and store its state, so they fail on a full disk as soon as a container has ended.
 */
async function listPodmanNetworks(engine: Docker, name?: string): Promise<PodmanNetwork[]> {
  const filters =
    name === undefined ? '' : `?filters=${encodeURIComponent(JSON.stringify({ name: [name] }))}`;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Podman's own API, which dockerode does not type
  return (await dial(engine, {
    path: `/v4.0.0/libpod/networks/json${filters}`,
    method: 'GET',
  })) as PodmanNetwork[];
}

async function createDockerNetwork(engine: Docker, plan: NetworkPlan): Promise<void> {
  await engine.createNetwork({
    Name: plan.name,
    Driver: 'bridge',
    Internal: plan.internal,
    Labels: plan.labels,
    // Runs cannot reach each other.
    Options: {
      'com.docker.network.bridge.name': plan.bridge,
      'com.docker.network.bridge.enable_icc': 'false',
    },
  });
}

/**
 * Uses Podman's own API, which can disable DNS. Its DNS server is shared by all engines and networks of a
 * machine, and a start fails when it encounters the address of a bridge that was just created, or left by a
 * killed engine. Without it, containers query the machine's own resolvers.
 */
async function createPodmanNetwork(engine: Docker, plan: NetworkPlan): Promise<void> {
  const network = {
    name: plan.name,
    driver: 'bridge',
    network_interface: plan.bridge,
    dns_enabled: false,
    labels: plan.labels,
    // Isolated from the machine's other container networks. An internal network would have no gateway,
    // through which runs reach their server; without a default route, which a run has no privilege to create,
    // they reach only that address.
    options: { isolate: 'true', ...(plan.internal ? { no_default_route: 'true' } : {}) },
  };
  await dial(engine, { path: '/v4.0.0/libpod/networks/create', method: 'POST', options: network });
}

function dial(
  engine: Docker,
  call: { path: string; method: 'GET' | 'POST'; options?: object },
): Promise<unknown> {
  const statusCodes = { 200: true, 400: 'bad request', 409: 'conflict', 500: 'server error' };
  return new Promise((resolve, reject) => {
    engine.modem.dial({ ...call, statusCodes }, (error, data: unknown) =>
      error ? reject(error) : resolve(data),
    );
  });
}
