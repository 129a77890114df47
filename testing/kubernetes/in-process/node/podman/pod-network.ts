import { ensureNetwork } from '@pumphouse/server/executors/docker/network.ts';
import type { Engine } from './container-log.ts';

/** The bridge network of the pods. */
export interface PodNetwork {
  name: string;
  /** The name of its interface on this machine. */
  bridge: string;
  /** The address of this machine in it. */
  gateway: string;
  /** An address for a pod, which it keeps until `release`. */
  assign(uid: string): string;
  release(uid: string): void;
}

/** The engine gives the first addresses to containers that ask for none. */
const firstHost = 16;

/** Creates the network. Its bridge exists as soon as a container uses it. */
export async function openPodNetwork(engine: Engine, bridge: string): Promise<PodNetwork> {
  const own = { name: 'pumphouse-pods', bridge, internal: false, labels: {} };
  const { name, gateway, subnets } = await ensureNetwork(engine, true, { own });
  const [, base] = /^(\d+\.\d+\.\d+)\.0\/24$/.exec(subnets[0] ?? '') ?? [];
  if (gateway === null || base === undefined)
    throw new Error(`The network ${name} has no addresses for pods.`);
  const assigned = new Map<string, number>();
  const used = () => new Set(assigned.values());
  let last = firstHost - 1;
  return {
    name,
    bridge,
    gateway,
    assign(uid) {
      const known = assigned.get(uid);
      if (known !== undefined) return `${base}.${known}`;
      // In turn, so that an address is not used again at once.
      const hosts = Array.from(
        { length: 254 - firstHost },
        (_, index) => firstHost + ((last + 1 - firstHost + index) % (254 - firstHost)),
      );
      const host = hosts.find((one) => !used().has(one));
      if (host === undefined) throw new Error('The test cluster has no address left for a pod.');
      last = host;
      assigned.set(uid, host);
      return `${base}.${host}`;
    },
    release: (uid) => void assigned.delete(uid),
  };
}
