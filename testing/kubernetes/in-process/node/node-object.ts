import type { ClusterState } from '../api-server/cluster-state.ts';
import { toTimestamp } from '../api-server/cluster-clock.ts';
import { createObject } from '../api-server/create-object.ts';
import type { KubeObject } from '../api-server/kube-object.ts';
import * as types from '../api-server/resource-types.ts';
import { writeUpdate } from '../api-server/update-object.ts';

export interface NodeOptions {
  name: string;
  hostIP: string;
  capacity: { cpu: string; memory: string; pods: string };
  labels?: Record<string, string>;
}

interface Taint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: string;
}

export interface KubeNode extends KubeObject {
  spec: { unschedulable?: boolean; taints?: Taint[] };
  status: {
    capacity: Record<string, string>;
    allocatable: Record<string, string>;
    conditions: { type: string; status: string; reason: string; message: string }[];
  };
}

/** Adds a node's object, Ready. */
export function registerNode(
  state: ClusterState,
  { name, hostIP, capacity, labels = {} }: NodeOptions,
): void {
  const resources = { ...capacity, 'ephemeral-storage': '100Gi' };
  createObject(state, types.nodes, {
    body: {
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          ...labels,
        },
      },
      spec: {},
      status: {
        capacity: resources,
        allocatable: resources,
        addresses: [
          { type: 'InternalIP', address: hostIP },
          { type: 'Hostname', address: name },
        ],
        conditions: [readiness(state, true)],
      },
    },
  });
}

function readiness({ clock }: ClusterState, isReady: boolean) {
  const now = toTimestamp(clock.now());
  return {
    type: 'Ready',
    status: isReady ? 'True' : 'Unknown',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason: isReady ? 'KubeletReady' : 'NodeStatusUnknown',
    message: isReady ? 'kubelet is posting ready status' : 'Kubelet stopped posting node status.',
  };
}

const unreachable = 'node.kubernetes.io/unreachable';

/** Sets whether a node is Ready, with the taints that follow from it. */
export function setNodeReady(state: ClusterState, name: string, isReady: boolean): void {
  changeNode(state, name, (node) => {
    const others = (node.spec.taints ?? []).filter(({ key }) => key !== unreachable);
    const timeAdded = toTimestamp(state.clock.now());
    const added = ['NoSchedule', 'NoExecute'].map((effect) => ({ key: unreachable, effect, timeAdded }));
    return {
      ...node,
      spec: { ...node.spec, taints: isReady ? others : [...others, ...added] },
      status: { ...node.status, conditions: [readiness(state, isReady)] },
    };
  });
}

const cordoned = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Sets whether new pods may come to a node. */
export function setNodeSchedulable(state: ClusterState, name: string, isSchedulable: boolean): void {
  changeNode(state, name, (node) => {
    const others = (node.spec.taints ?? []).filter(({ key }) => key !== cordoned.key);
    return {
      ...node,
      spec: isSchedulable ? { taints: others } : { unschedulable: true, taints: [...others, cordoned] },
    };
  });
}

function changeNode(state: ClusterState, name: string, change: (node: KubeNode) => KubeNode): void {
  const current = state.store.get(types.nodes, undefined, name) as KubeNode;
  writeUpdate(state, types.nodes, { current, updated: change(current) });
}
