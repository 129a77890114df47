/** What the status of an attempt's pod means, in terms that a person understands. Pure. */
import type { RunFailureCode } from '../../domain/runs/run-failures.ts';
import type { ExitDetails } from '../contract/attempt-runner.ts';
import { readExitRecord } from '../exit-record.ts';
import type { ContainerState, ContainerStatus, Pod, PodCondition } from './kube-objects.ts';
import { containers } from './names.ts';

/** Why a pod has not started. */
export interface PodWait {
  kind: 'scheduling' | 'image' | 'preparing';
  reason: string;
  /** It will not start however long it waits. */
  isFinal: boolean;
}

export interface PodFailure {
  code: RunFailureCode;
  detail: string;
}

export type PodState =
  | { state: 'waiting'; wait: PodWait }
  | { state: 'running' }
  /** Its node does not report: whether it runs is unknown. */
  | { state: 'silent'; detail: string }
  | { state: 'exited'; exit: ExitDetails }
  /** It ended without an exit record. */
  | { state: 'failed'; failure: PodFailure };

/** Time after which a pod that was deleted and has not ended counts as lost with its node. */
const overdueSeconds = 60;
const killedExitCode = 137;

/**
 * Describes a pod.
 * @param isDeleted its object no longer exists; this was its last state
 */
export function describePod(pod: Pod, now: Date, isDeleted = false): PodState {
  const ended = findState(pod.status?.containerStatuses, containers.run)?.terminated;
  if (ended) return describeEnd(pod, ended);
  const prepared = findState(pod.status?.initContainerStatuses, containers.prepare)?.terminated;
  if (prepared && prepared.exitCode !== 0) return describeUnprepared(pod, prepared);
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded' || isDeleted)
    return { state: 'failed', failure: describeFailure(pod, null, isDeleted) };
  if (phase === 'Unknown') return { state: 'silent', detail: describeSilentNode(pod) };
  if (isNodeSilent(pod) || isOverdue(pod, now)) return { state: 'silent', detail: describeSilentNode(pod) };
  if (findState(pod.status?.containerStatuses, containers.run)?.running) return { state: 'running' };
  return { state: 'waiting', wait: describeWait(pod) };
}

function findState(statuses: ContainerStatus[] | undefined, name: string): ContainerState | undefined {
  return statuses?.find((one) => one.name === name)?.state;
}

type Terminated = NonNullable<ContainerState['terminated']>;

function describeEnd(pod: Pod, ended: Terminated): PodState {
  const exit = readExitRecord(Buffer.from(ended.message ?? ''));
  if (exit !== null) return { state: 'exited', exit };
  if (ended.reason === 'OOMKilled') {
    // Without a limit of its own, only the memory of the node can have run out.
    const outOfMemory = hasMemoryLimit(pod) ? 'limit' : 'machine';
    return { state: 'exited', exit: { code: null, signal: 'SIGKILL', outOfMemory } };
  }
  return { state: 'failed', failure: describeFailure(pod, ended, false) };
}

function hasMemoryLimit(pod: Pod): boolean {
  return pod.spec.containers.some(({ resources }) => resources?.limits['memory'] !== undefined);
}

/** `prepare` leaves a reason like that of an exit record. */
function describeUnprepared(pod: Pod, prepared: Terminated): PodState {
  const disruption = describeDisruption(pod);
  if (disruption !== null) return { state: 'failed', failure: disruption };
  const reason = readReason(prepared.message);
  const how = describeExitCode(prepared);
  return {
    state: 'failed',
    failure: reason ?? {
      code: prepared.reason === 'OOMKilled' ? 'out_of_memory' : 'bootstrap_failed',
      detail: `The pod could not be prepared: its container ${how}.${quote(prepared.message)}`,
    },
  };
}

const preparationCodes: Partial<Record<string, RunFailureCode>> = {
  environment_missing: 'environment_missing',
  python_not_found: 'python_not_found',
  work_folder_failed: 'work_folder_failed',
  executor_config: 'executor_config',
};

function readReason(message: string | undefined): PodFailure | null {
  try {
    const parsed: unknown = JSON.parse(message ?? '');
    if (typeof parsed !== 'object' || parsed === null || !('code' in parsed) || !('detail' in parsed))
      return null;
    const code = preparationCodes[String(parsed.code)];
    return code === undefined ? null : { code, detail: String(parsed.detail) };
  } catch {
    return null;
  }
}

/** The reason of an end without an exit record. */
function describeFailure(pod: Pod, ended: Terminated | null, isDeleted: boolean): PodFailure {
  const disruption = describeDisruption(pod);
  if (disruption !== null) return disruption;
  const { reason, message } = pod.status ?? {};
  if (reason === 'DeadlineExceeded')
    return {
      code: 'timed_out',
      detail: 'Kubernetes ended the pod at its deadline, a day after the timeout of the run.',
    };
  const how = ended === null ? '' : ` Its container ${describeExitCode(ended)} and left no exit record.`;
  if (pod.metadata.deletionTimestamp !== undefined || isDeleted)
    return {
      code: 'pod_deleted',
      detail: `Its pod was deleted by a person or a program other than Pumphouse, as when its node is drained.${how}`,
    };
  const detail = `${how.trim() || 'Its pod failed before its container ran.'}${reason ? ` Kubernetes reports ${reason}.` : ''}${quote(message)}`;
  return { code: 'attempt_lost', detail };
}

/**
 * The reason why Kubernetes ended a pod: the condition DisruptionTarget, which it has since 1.26. Older versions
 * tell an eviction by the node only in the status of a failed pod.
 */
export function describeDisruption(pod: Pod): PodFailure | null {
  const condition = findCondition(pod, 'DisruptionTarget');
  const statusReason = pod.status?.reason;
  const message = pod.status?.message ?? condition?.message;
  if (condition?.status === 'True') {
    switch (condition.reason) {
      case 'PreemptionByScheduler':
        return {
          code: 'preempted',
          detail: `Kubernetes ended the pod to make room for one of a higher priority.${quote(condition.message)}`,
        };
      case 'EvictionByEvictionAPI':
        return {
          code: 'evicted',
          detail: `The pod was evicted from its node${atNode(pod)} through the API, as when the node is drained.`,
        };
      case 'DeletionByTaintManager':
        return {
          code: 'node_lost',
          detail: `Its node${atNode(pod)} stopped answering, or no longer tolerates the pod.${quote(condition.message)}`,
        };
      case 'DeletionByPodGC':
        return {
          code: 'node_lost',
          detail: `Its node${atNode(pod)} no longer exists.${quote(condition.message)}`,
        };
      case 'TerminationByKubelet':
        return describeEviction(pod, message);
      default:
        return {
          code: 'evicted',
          detail: `Kubernetes ended the pod: ${condition.reason ?? 'no reason given'}.${quote(condition.message)}`,
        };
    }
  }
  if (pod.status?.phase !== 'Failed') return null;
  if (statusReason === 'Evicted' || statusReason === 'NodeShutdown' || statusReason === 'Terminated')
    return describeEviction(pod, message);
  if (statusReason === 'Preempting')
    return { code: 'preempted', detail: `Its node ended the pod for a system pod.${quote(message)}` };
  if (statusReason === 'NodeLost')
    return { code: 'node_lost', detail: `Its node${atNode(pod)} no longer answers.${quote(message)}` };
  if (statusReason === 'NodeAffinity' || statusReason?.startsWith('OutOf') === true)
    return {
      code: 'pod_not_scheduled',
      detail: `Its node${atNode(pod)} refused the pod: ${statusReason}.${quote(message)}`,
    };
  return null;
}

/** An eviction by the node: its message names the resource. */
function describeEviction(pod: Pod, message: string | undefined): PodFailure {
  const resource = /low on resource: ([\w-]+)/.exec(message ?? '')?.[1];
  if (resource !== undefined)
    return {
      code: 'evicted',
      detail: `Its node${atNode(pod)} was low on ${resourceNames[resource] ?? resource} and ended the pod.`,
    };
  if (/ephemeral local storage usage exceeds|EmptyDir volume/i.test(message ?? ''))
    return { code: 'evicted', detail: `The run used more disk space than it may.${quote(message)}` };
  if (/node shutdown/i.test(message ?? ''))
    return { code: 'evicted', detail: `Its node${atNode(pod)} was shut down.` };
  return { code: 'evicted', detail: `Its node${atNode(pod)} ended the pod.${quote(message)}` };
}

const resourceNames: Record<string, string> = {
  memory: 'memory',
  'ephemeral-storage': 'disk space',
  inodes: 'inodes',
  pids: 'process ids',
};

/** What a pod that has not started waits for. */
function describeWait(pod: Pod): PodWait {
  const scheduled = findCondition(pod, 'PodScheduled');
  if (scheduled?.status !== 'True' && pod.spec.nodeName === undefined) {
    const missing = summarizeShortage(scheduled?.message);
    return { kind: 'scheduling', reason: missing, isFinal: false };
  }
  const waiting = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ].flatMap(({ state }) => state?.waiting ?? []);
  const image = waiting.find(({ reason }) => imageReasons.has(reason ?? ''));
  if (image !== undefined) {
    const isFinal = image.reason === 'InvalidImageName' || image.reason === 'ErrImageNeverPull';
    const name = pod.spec.containers[0]?.image ?? '';
    return {
      kind: 'image',
      reason: `Its node cannot pull the image ${name}: ${image.reason}.${quote(image.message)}`,
      isFinal,
    };
  }
  const broken = waiting.find(({ reason }) => reason !== 'ContainerCreating' && reason !== 'PodInitializing');
  const reason =
    broken?.reason === undefined
      ? `Its node${atNode(pod)} pulls the image, mounts its volumes and prepares the pod.`
      : `Its node${atNode(pod)} cannot create the container: ${broken.reason}.${quote(broken.message)}`;
  return { kind: 'preparing', reason, isFinal: false };
}

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

/** From "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {x: }. preemption: ..." */
function summarizeShortage(message: string | undefined): string {
  if (message === undefined) return 'It waits for the scheduler of Kubernetes.';
  const [, nodes, reasons] = /^0\/(\d+) nodes are available: (.*?)\.?( preemption:.*)?$/s.exec(message) ?? [];
  if (reasons === undefined) return `No node can run it: ${message.slice(0, 500)}`;
  const text = reasons.replaceAll(
    /Insufficient ([\w./-]+)/g,
    (_, resource: string) => `too little free ${resource}`,
  );
  return `No node of ${nodes} can run it: ${text.slice(0, 500)}.`;
}

/** What a wait ends as after the deadline for pending pods. */
export function failureOfWait({ kind, reason }: PodWait, pendingMinutes: number | null): PodFailure {
  const after = pendingMinutes === null ? '' : ` It was given up after ${pendingMinutes} minutes.`;
  const codes = {
    scheduling: 'pod_not_scheduled',
    image: 'executor_image',
    preparing: 'pod_not_started',
  } as const;
  return { code: codes[kind], detail: `${reason}${after}` };
}

/** Its containers are ready by their own account, and the pod is not: the cluster declared its node not ready. */
function isNodeSilent(pod: Pod): boolean {
  const statuses = pod.status?.containerStatuses ?? [];
  const areReady = statuses.length > 0 && statuses.every(({ ready }) => ready === true);
  const hasGates = (pod.spec.readinessGates ?? []).length > 0;
  return areReady && !hasGates && findCondition(pod, 'Ready')?.status === 'False';
}

function isOverdue(pod: Pod, now: Date): boolean {
  const { deletionTimestamp } = pod.metadata;
  // The timestamp is the end of the grace period.
  return (
    deletionTimestamp !== undefined && now.getTime() > Date.parse(deletionTimestamp) + overdueSeconds * 1000
  );
}

function describeSilentNode(pod: Pod): string {
  return `The node${atNode(pod)} of the pod does not report. Whether the pod still runs is unknown.`;
}

function findCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((one) => one.type === type);
}

function describeExitCode({ exitCode, signal, reason }: Terminated): string {
  if (signal !== undefined && signal > 0) return `was ended from outside by signal ${signal}`;
  if (exitCode === killedExitCode) return 'was ended from outside by signal 9';
  if (exitCode > 128) return `was ended from outside by signal ${exitCode - 128}`;
  const why = reason === undefined || reason === 'Error' || reason === 'Completed' ? '' : ` (${reason})`;
  return `ended with exit code ${exitCode}${why}`;
}

const atNode = (pod: Pod): string => (pod.spec.nodeName === undefined ? '' : ` ${pod.spec.nodeName}`);

function quote(message: string | undefined): string {
  const text = message?.trim() ?? '';
  return text === '' ? '' : ` Kubernetes reports: ${text.slice(0, 500)}`;
}
