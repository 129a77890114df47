import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ClusterState } from '../../api-server/cluster-state.ts';
import type { Pod } from '../../api-server/pods/pod.ts';
import * as types from '../../api-server/resource-types.ts';
import { writeNetworkRules, type NetworkPolicy } from './network-rules.ts';

/** Enforces the NetworkPolicies of a cluster on the bridge of its pods, with the machine's packet filter. */
export class NetworkEnforcer {
  readonly #state: ClusterState;
  /** The table has the name of the bridge. */
  readonly #bridge: string;
  readonly #addresses = new Map<string, { ip: string; namespace: string; name: string }>();
  readonly #unsubscribe: () => void;
  #writing: Promise<void> = Promise.resolve();
  #written = '';

  constructor(state: ClusterState, bridge: string) {
    this.#state = state;
    this.#bridge = bridge;
    this.#unsubscribe = state.store.subscribe(({ type, event, previous, object }) => {
      const isRelabelled =
        type === types.pods &&
        event === 'MODIFIED' &&
        previous?.metadata.labels !== object.metadata.labels &&
        this.#addresses.has(object.metadata.uid);
      // A failure is seen by the next pod, which waits for its rules.
      if (type === types.networkPolicies || isRelabelled) this.sync().catch(() => {});
    });
  }

  /** Whether packets between pods of one bridge pass the packet filter on this machine. */
  static async isPossible(): Promise<boolean> {
    const setting = await readFile('/proc/sys/net/bridge/bridge-nf-call-iptables', 'utf8').catch(() => '0');
    return setting.trim() === '1';
  }

  /** Resolves when the rules hold for a pod at the address. */
  async admit({ metadata: { uid, name, namespace = '' } }: Pod, ip: string): Promise<void> {
    this.#addresses.set(uid, { ip, namespace, name });
    await this.sync();
  }

  release(uid: string): void {
    this.#addresses.delete(uid);
  }

  /** Writes the rules as they follow from the objects now. */
  sync(): Promise<void> {
    const next = this.#writing.catch(() => {}).then(() => this.#write());
    this.#writing = next;
    return next;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#writing.catch(() => {});
    // It does not exist if there never was a pod.
    for (const family of ['ip', 'ip6'])
      await promisify(execFile)('nft', ['delete', 'table', family, this.#bridge]).catch(() => {});
  }

  async #write(): Promise<void> {
    const { store } = this.#state;
    const [first] = this.#addresses.values();
    if (first === undefined) return;
    const { namespace } = first;
    const rules = writeNetworkRules({
      table: this.#bridge,
      bridge: this.#bridge,
      pods: [...this.#addresses.values()].map(({ ip, name }) => ({
        ip,
        labels: store.find(types.pods, namespace, name)?.metadata.labels ?? {},
      })),
      policies: store.list(types.networkPolicies, namespace) as NetworkPolicy[],
      namespaceLabels: store.find(types.namespaces, undefined, namespace)?.metadata.labels ?? {},
    });
    if (rules === this.#written) return;
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let problems = '';
    child.stderr.on('data', (text: Buffer) => (problems += text.toString()));
    child.stdin.end(rules);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`nft refused the rules of NetworkPolicies:\n${problems}\n${rules}`);
    this.#written = rules;
  }
}
