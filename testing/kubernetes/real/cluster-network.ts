import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { clusterLink, clusterTable } from '../../fixtures/cluster-orphans.ts';
import { openNamespace, type EngineNamespace } from '../../fixtures/engine-namespace.ts';

const run = promisify(execFile);

/** The addresses of a cluster. All are in 10.<slot>.0.0/16, which this machine reserves for the slot. */
function planAddresses(prefix: string) {
  return {
    all: `${prefix}0.0/16`,
    host: `${prefix}255.1`,
    controlPlane: `${prefix}255.2`,
    gatewayOfNodes: `${prefix}0.1`,
    services: `${prefix}128.0/20`,
    node: (number: number) => `${prefix}0.${10 + number}`,
    podsOf: (number: number) => `${prefix}${number}.0/24`,
  };
}

/**
 * The control plane's namespace, which routes between this machine and the nodes. Processes and mounts end with
 * it; `EngineSlot.release` removes the rest.
 */
export interface ClusterNetwork {
  addresses: ReturnType<typeof planAddresses>;
  controlPlane: EngineNamespace;
  /** Opens a node's namespace, connected to the others. */
  openNode(number: number): Promise<EngineNamespace>;
  cutNode(number: number): Promise<void>;
  connectNode(number: number): Promise<void>;
  close(): Promise<void>;
}

export async function openClusterNetwork(slot: {
  number: number;
  addressPrefix: string;
}): Promise<ClusterNetwork> {
  await using stack = new AsyncDisposableStack();
  const addresses = planAddresses(slot.addressPrefix);
  const controlPlane = await openNamespace(namespaceFolders);
  stack.defer(() => controlPlane.end());
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  await connectToHost(slot.number, controlPlane, addresses);
  await addMasquerade(slot.number, addresses.all);
  const setLink = (number: number, state: 'up' | 'down') =>
    inside(controlPlane, `ip link set node-${number} ${state}`);
  const end = stack.move();
  return {
    addresses,
    controlPlane,
    openNode: (number) => openNode(controlPlane, number, addresses),
    cutNode: (number) => setLink(number, 'down'),
    connectNode: (number) => setLink(number, 'up'),
    close: () => end.disposeAsync(),
  };
}

/** Folders in memory, because containerd, runc and the kubelet write to fixed paths in all of them. */
const privateFolders = ['/run', '/var/lib', '/var/log', '/opt', '/usr/libexec'];
const namespaceFolders = { private: privateFolders, bound: [], hidden: [], ownNetwork: true };

type Addresses = ReturnType<typeof planAddresses>;

async function connectToHost(slot: number, { pid, ...namespace }: EngineNamespace, addresses: Addresses) {
  const link = clusterLink(slot);
  await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'host', 'netns', String(pid)]);
  await run('ip', ['address', 'add', `${addresses.host}/24`, 'dev', link]);
  await run('ip', ['link', 'set', link, 'up']);
  await run('ip', ['route', 'add', addresses.all, 'via', addresses.controlPlane, 'dev', link, 'onlink']);
  await inside(
    namespace,
    'ip link set lo up',
    `ip address add ${addresses.controlPlane}/24 dev host`,
    'ip link set host up',
    `ip route add default via ${addresses.host}`,
    'ip link add nodes type bridge',
    `ip address add ${addresses.gatewayOfNodes}/24 dev nodes`,
    'ip link set nodes up',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
  );
}

async function openNode(
  controlPlane: EngineNamespace,
  number: number,
  addresses: Addresses,
): Promise<EngineNamespace> {
  const node = await openNamespace(namespaceFolders);
  const [link, address] = [`node-${number}`, addresses.node(number)];
  // A removed node's link may still exist for a moment, until the kernel has destroyed its namespace.
  await inside(controlPlane, `ip link delete ${link} 2>/dev/null || true`);
  const peer = ['peer', 'name', 'eth0', 'netns', String(node.pid)];
  await run('ip', ['link', 'add', link, 'netns', String(controlPlane.pid), 'type', 'veth', ...peer]);
  await inside(
    node,
    'ip link set lo up',
    `ip address add ${address}/24 dev eth0`,
    'ip link set eth0 up',
    `ip route add default via ${addresses.gatewayOfNodes}`,
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
  );
  await inside(
    controlPlane,
    `ip link set ${link} master nodes up`,
    `ip route replace ${addresses.podsOf(number)} via ${address} dev nodes`,
  );
  return node;
}

async function inside({ enter: [program, ...args] }: Pick<EngineNamespace, 'enter'>, ...lines: string[]) {
  await run(program, [...args, 'sh', '-euc', lines.join('\n')]);
}

/** Lets pods connect to the network of this machine, for example to a package index. */
async function addMasquerade(slot: number, all: string): Promise<void> {
  const rule = `ip saddr ${all} oifname != "${clusterLink(slot)}" masquerade`;
  const commands = [
    `add table ip ${clusterTable(slot)}`,
    `add chain ip ${clusterTable(slot)} postrouting { type nat hook postrouting priority srcnat; }`,
    `add rule ip ${clusterTable(slot)} postrouting ${rule}`,
  ];
  await run('nft', [commands.join('\n')]);
}
