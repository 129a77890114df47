import { toTimestamp } from '../api-server/cluster-clock.ts';
import type { ClusterState } from '../api-server/cluster-state.ts';
import { createObject } from '../api-server/create-object.ts';
import type { Pod } from '../api-server/pods/pod.ts';
import * as types from '../api-server/resource-types.ts';

interface PodEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  component: 'kubelet' | 'default-scheduler' | 'taint-eviction-controller';
}

let count = 0;

/** Records an Event about a pod, which `kubectl describe` shows. */
export function recordEvent(state: ClusterState, { metadata }: Pod, event: PodEvent): void {
  const { name, namespace = '', uid, resourceVersion } = metadata;
  const now = toTimestamp(state.clock.now());
  count += 1;
  const { type, reason, message, component } = event;
  createObject(state, types.events, {
    namespace,
    body: {
      metadata: { name: `${name}.${count.toString(16).padStart(16, '0')}` },
      involvedObject: { kind: 'Pod', apiVersion: 'v1', namespace, name, uid, resourceVersion },
      type,
      reason,
      message,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: now,
      lastTimestamp: now,
      eventTime: null,
      count: 1,
    },
  });
}
