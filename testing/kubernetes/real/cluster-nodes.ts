import { join } from 'node:path';
import { nodeCgroup } from '../../fixtures/cluster-orphans.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { ClusterNode, type NodePlan } from './cluster-node.ts';

type NodesPlan = Omit<NodePlan, 'number' | 'folder' | 'cgroup'> & {
  slot: { number: number; folder: string };
};

/**
 * Without a second node, Kubernetes deletes no pods of a lost one: it takes itself for the part that is cut off.
 * The second one is cordoned, so that all pods are on the first.
 */
const numbers = [1, 2];

/** The nodes of a cluster by name, some of which may have been removed. */
export class ClusterNodes {
  readonly names = numbers.map((number) => `node-${number}`);
  readonly #plan: NodesPlan;
  readonly #nodes = new Map<string, ClusterNode>();
  #started = 0;

  constructor(plan: NodesPlan) {
    this.#plan = plan;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.start(name)));
    for (const spare of this.names.slice(1)) await this.cordon(spare);
  }

  async cordon(name: string): Promise<void> {
    await this.#setUnschedulable(name, true);
    await eventually(`${name} was cordoned`, () => this.get(name).isCordoned());
  }

  async uncordon(name: string): Promise<void> {
    await this.#setUnschedulable(name, null);
    await eventually(`${name} accepted pods`, async () => !(await this.get(name).isCordoned()));
  }

  /** Starts a node anew, without any of the containers and files that it had. */
  async start(name: string): Promise<void> {
    const { slot, ...plan } = this.#plan;
    this.#started += 1;
    const folder = join(slot.folder, `${name}-${this.#started}`);
    const cgroup = nodeCgroup(slot.number, name);
    this.#nodes.set(name, await ClusterNode.start({ ...plan, number: this.numberOf(name), folder, cgroup }));
  }

  /** @throws Error if there is none with this name, or it has been removed */
  get(name: string): ClusterNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`The cluster has no running node ${name}.`);
    return node;
  }

  has(name: string): boolean {
    return this.#nodes.has(name);
  }

  get running(): ClusterNode[] {
    return [...this.#nodes.values()];
  }

  numberOf(name: string): number {
    return Number(name.replace('node-', ''));
  }

  async remove(name: string): Promise<void> {
    const node = this.get(name);
    this.#nodes.delete(name);
    await node.end();
  }

  async #setUnschedulable(name: string, unschedulable: true | null): Promise<void> {
    await this.#plan.admin.call('PATCH', `/api/v1/nodes/${name}`, { spec: { unschedulable } });
  }

  async end(): Promise<void> {
    for (const node of this.#nodes.values()) await node.end();
  }
}
