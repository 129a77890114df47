import type { ClusterState } from '../api-server/cluster-state.ts';
import { withCondition } from '../api-server/evict-pod.ts';
import type { ContainerStatus, Pod, PodStatus } from '../api-server/pods/pod.ts';

/** What a node knows of a pod, from which its status follows. */
export interface NodeView {
  hostIP: string;
  startTime: string;
  /** Empty until it has one. */
  podIP: string;
  initContainers: ContainerStatus[];
  containers: ContainerStatus[];
  /** Set if the node itself ends the pod; it fails when its containers have ended. */
  failure: { reason: string; message: string } | null;
}

/** Derives the status of a pod from what its node knows. Keeps the conditions that others set. */
export function derivePodStatus(state: ClusterState, pod: Pod, view: NodeView): PodStatus {
  const { hostIP, startTime, podIP, initContainers, containers, failure } = view;
  const isRunning = [...initContainers, ...containers].some((one) => one.state.running !== undefined);
  const hasFailed = failure !== null && !isRunning;
  const phase = hasFailed ? 'Failed' : derivePhase(view);
  const status: PodStatus = {
    ...pod.status,
    phase,
    ...(hasFailed && failure),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    startTime,
    ...(podIP !== '' && { podIP, podIPs: [{ ip: podIP }] }),
    ...(initContainers.length > 0 && { initContainerStatuses: initContainers }),
    containerStatuses: containers,
  };
  return listConditions(view, phase).reduce(
    (conditioned, condition) => withCondition(state, conditioned, condition),
    status,
  );
}

/** Derives the phase from the containers; they are never restarted. */
function derivePhase({ initContainers, containers }: NodeView): string {
  const codes = (list: ContainerStatus[]) => list.map(({ state }) => state.terminated?.exitCode);
  if (codes(initContainers).some((code) => code !== undefined && code !== 0)) return 'Failed';
  const ends = codes(containers);
  if (ends.every((code) => code !== undefined))
    return ends.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  const hasBegun = containers.some(({ state }) => state.running ?? state.terminated);
  return hasBegun ? 'Running' : 'Pending';
}

function listConditions(view: NodeView, phase: string) {
  const names = (list: ContainerStatus[]) => list.map(({ name }) => name).join(' ');
  const unfinished = view.initContainers.filter(({ state }) => state.terminated?.exitCode !== 0);
  const unready = view.containers.filter(({ ready }) => !ready);
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const overReason = phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed';
  const waitsFor = {
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names(unready)}]`,
  };
  const readiness =
    unready.length === 0 && !isOver
      ? { status: 'True' }
      : { status: 'False', ...(isOver ? { reason: overReason } : waitsFor) };
  const initialized =
    unfinished.length === 0
      ? { status: 'True', ...(phase === 'Succeeded' && { reason: overReason }) }
      : {
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${names(unfinished)}]`,
        };
  return [
    { type: 'PodReadyToStartContainers', status: view.podIP !== '' && !isOver ? 'True' : 'False' },
    { type: 'Initialized', ...initialized },
    { type: 'Ready', ...readiness },
    { type: 'ContainersReady', ...readiness },
  ];
}
