import type { ClusterState } from '../api-server/cluster-state.ts';
import { disruptPod, withCondition } from '../api-server/evict-pod.ts';
import { toleratesTaint } from '../api-server/pods/default-pod.ts';
import { isFinished, type Pod } from '../api-server/pods/pod.ts';
import { quantityOf } from '../api-server/quantity.ts';
import * as types from '../api-server/resource-types.ts';
import { writeUpdate } from '../api-server/update-object.ts';
import { NodeUsage, requestsOf, type PodRequests } from './node-usage.ts';
import type { KubeNode } from './node-object.ts';
import { recordEvent } from './record-event.ts';

export interface SchedulerOptions {
  state: ClusterState;
  recordsEvents: boolean;
}

/** Assigns pods to nodes that have room for their requests. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #usage: NodeUsage;
  readonly #waiting = new Set<string>();
  readonly #unsubscribe: () => void;
  #isDue = false;
  #isClosed = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { store } = options.state;
    this.#usage = new NodeUsage();
    this.#unsubscribe = store.subscribe(({ event, type, object, previous }) => {
      if (type === types.nodes || type === types.persistentVolumeClaims) return this.#wake();
      if (type !== types.pods) return;
      const pod = object as Pod;
      const hasFreed = this.#usage.observe(pod, event === 'DELETED');
      const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
      const waits = event !== 'DELETED' && !pod.spec.nodeName && !isFinished(pod);
      if (waits) this.#waiting.add(key);
      else this.#waiting.delete(key);
      if ((waits && previous === null) || hasFreed) this.#wake();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
  }

  #wake(): void {
    if (this.#isDue || this.#waiting.size === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (!this.#isClosed) this.#scheduleAll();
    });
  }

  #scheduleAll(): void {
    const { store } = this.#options.state;
    const nodes = store.list(types.nodes) as KubeNode[];
    const pods = [...this.#waiting].flatMap((key) => {
      const [namespace, name = ''] = key.split('/');
      return (store.find(types.pods, namespace, name) as Pod | undefined) ?? [];
    });
    for (const pod of pods.toSorted((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0)))
      this.#schedule(pod, nodes);
  }

  #schedule(pod: Pod, nodes: KubeNode[]): void {
    const claim = this.#findMissingClaim(pod);
    if (claim !== null)
      return this.#refuse(pod, { nodes, reasons: [`persistentvolumeclaim "${claim}" not found`] });
    const requests = requestsOf(pod);
    const refusals = nodes.map((node) => refuseNode(pod, node) ?? this.#lackOf(node, requests));
    const fitting = nodes.filter((_, index) => refusals[index] === null);
    // The least loaded, as the real one prefers.
    const [best] = fitting.toSorted((a, b) => this.#usage.of(a).pods - this.#usage.of(b).pods);
    if (best !== undefined) return this.#bind(pod, best);
    const reasons = refusals.filter((text) => text !== null);
    const short = nodes.filter((_, index) => refusals[index]?.startsWith('Insufficient'));
    const hasPreempted = short.some((node) => this.#preempt(pod, node, requests));
    this.#refuse(pod, { nodes, reasons: countReasons(reasons), couldHelp: short.length > 0, hasPreempted });
  }

  #findMissingClaim({ metadata, spec }: Pod): string | null {
    const { store } = this.#options.state;
    const names = (spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
    const isMissing = (name: string) =>
      store.find(types.persistentVolumeClaims, metadata.namespace, name) === undefined;
    return names.find(isMissing) ?? null;
  }

  #lackOf(node: KubeNode, requests: PodRequests): string | null {
    const used = this.#usage.of(node);
    const { allocatable } = node.status;
    if (used.pods + 1 > quantityOf(allocatable['pods'])) return 'Too many pods';
    const lacking = (['cpu', 'memory', 'ephemeral-storage'] as const).find(
      (name) => used[name] + requests[name] > quantityOf(allocatable[name]),
    );
    return lacking === undefined ? null : `Insufficient ${lacking}`;
  }

  #bind(pod: Pod, node: KubeNode): void {
    const { state, recordsEvents } = this.#options;
    const { name } = node.metadata;
    const status = withCondition(state, pod.status, { type: 'PodScheduled', status: 'True' });
    const updated = { ...pod, spec: { ...pod.spec, nodeName: name }, status } as Pod;
    // Binding is no change of the spec by its owner, so the generation stays.
    state.store.replace(types.pods, updated);
    const message = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${name}`;
    if (recordsEvents)
      recordEvent(state, pod, {
        type: 'Normal',
        reason: 'Scheduled',
        message,
        component: 'default-scheduler',
      });
  }

  /** Deletes pods of lower priority, if that makes room. */
  #preempt(pod: Pod, node: KubeNode, requests: PodRequests): boolean {
    const { state } = this.#options;
    const priority = pod.spec.priority ?? 0;
    const onNode = (state.store.list(types.pods) as Pod[]).filter(
      (one) => one.spec.nodeName === node.metadata.name && !isFinished(one),
    );
    if (onNode.some((one) => one.metadata.deletionTimestamp !== undefined)) return true;
    const candidates = onNode
      .filter((one) => (one.spec.priority ?? 0) < priority)
      .toSorted((a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0));
    const victims: Pod[] = [];
    const freed = { cpu: 0, memory: 0, 'ephemeral-storage': 0 };
    const fits = () =>
      this.#lackOf(node, {
        cpu: requests.cpu - freed.cpu,
        memory: requests.memory - freed.memory,
        'ephemeral-storage': requests['ephemeral-storage'] - freed['ephemeral-storage'],
      }) === null;
    while (!fits()) {
      const victim = candidates.shift();
      if (victim === undefined) return false;
      victims.push(victim);
      const own = requestsOf(victim);
      for (const name of ['cpu', 'memory', 'ephemeral-storage'] as const) freed[name] += own[name];
    }
    for (const victim of victims) disruptPod(state, victim, { reason: 'PreemptionByScheduler' });
    return victims.length > 0;
  }

  #refuse(pod: Pod, { nodes, reasons, couldHelp = false, hasPreempted = false }: Refusal): void {
    const { state, recordsEvents } = this.#options;
    const available = `0/${nodes.length} nodes are available`;
    const help = couldHelp
      ? 'No preemption victims found for incoming pod'
      : 'Preemption is not helpful for scheduling';
    const tail = hasPreempted
      ? ''
      : ` preemption: ${available.replace(' nodes are available', ' nodes are available')}: ${nodes.length} ${help}.`;
    const message = `${available}: ${reasons.join(', ')}.${tail}`;
    const current = state.store.find(types.pods, pod.metadata.namespace, pod.metadata.name) as
      Pod | undefined;
    if (current === undefined) return;
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
    const known = current.status.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.message === message) return;
    const status = withCondition(state, current.status, condition);
    writeUpdate(state, types.pods, { current, updated: { ...current, status } });
    if (recordsEvents)
      recordEvent(state, pod, {
        type: 'Warning',
        reason: 'FailedScheduling',
        message,
        component: 'default-scheduler',
      });
  }
}

interface Refusal {
  nodes: KubeNode[];
  reasons: string[];
  couldHelp?: boolean;
  hasPreempted?: boolean;
}

/** Why a pod may not go to a node, whatever room it has. */
function refuseNode({ spec }: Pod, { metadata, spec: node }: KubeNode): string | null {
  const { tolerations = [], nodeSelector = {} } = spec;
  const tolerates = (taint: { key: string; value?: string; effect: string }) =>
    tolerations.some((one) => toleratesTaint(one, taint));
  if (node.unschedulable && !tolerates({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }))
    return 'node(s) were unschedulable';
  const taint = (node.taints ?? []).find((one) => one.effect !== 'PreferNoSchedule' && !tolerates(one));
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  const { labels = {} } = metadata;
  const matches = Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  return matches ? null : "node(s) didn't match Pod's node affinity/selector";
}

/** "2 Insufficient cpu", one text per reason. */
function countReasons(reasons: string[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
}
