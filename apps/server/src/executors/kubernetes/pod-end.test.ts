import { describe, expect, it } from 'vitest';
import type { ContainerState, Pod, PodStatus } from './kube-objects.ts';
import { describePod, failureOfWait } from './pod-end.ts';

const now = new Date('2026-11-29T12:00:00Z');

function podWith(status: PodStatus, more: Partial<Pod['metadata']> = {}): Pod {
  return {
    metadata: { name: 'pod', uid: 'u', ...more },
    spec: {
      restartPolicy: 'Never',
      nodeName: 'node-1',
      terminationGracePeriodSeconds: 45,
      containers: [
        {
          name: 'run',
          image: 'registry/runner:3.13',
          command: [],
          volumeMounts: [],
          securityContext: {},
          resources: { requests: {}, limits: { memory: '1Gi' } },
        },
      ],
      volumes: [],
    },
    status,
  };
}

const withRun = (state: ContainerState, more: PodStatus = {}): PodStatus => ({
  phase: 'Running',
  containerStatuses: [{ name: 'run', ready: true, state }],
  ...more,
});

const record = (code: number | null, signal: string | null) =>
  `${JSON.stringify({ n: 3, kind: 'exit', code, signal, out_of_memory: null })}\n`;

const killed: ContainerState = { terminated: { exitCode: 137, reason: 'Error' } };
const disruption = (reason: string, message = '') => [
  { type: 'DisruptionTarget', status: 'True', reason, message },
];

describe('describePod', () => {
  it.each([
    [0, null],
    [7, null],
    [null, 'SIGTERM'],
  ] as const)('reads how user code ended from its exit record: %s %s', (code, signal) => {
    const ended = withRun({ terminated: { exitCode: 0, message: record(code, signal) } });
    expect(describePod(podWith(ended), now)).toEqual({
      state: 'exited',
      exit: { code, signal, outOfMemory: null },
    });
  });

  it('believes the exit record although the pod was evicted meanwhile', () => {
    const status = withRun(
      { terminated: { exitCode: 0, message: record(0, null) } },
      { phase: 'Failed', reason: 'Evicted', conditions: disruption('EvictionByEvictionAPI') },
    );
    expect(describePod(podWith(status), now)).toMatchObject({ state: 'exited', exit: { code: 0 } });
  });

  it('tells memory of the container from memory of the node', () => {
    const ended = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
    const limited = podWith(withRun(ended));
    expect(describePod(limited, now)).toMatchObject({ exit: { outOfMemory: 'limit' } });
    const [run] = limited.spec.containers;
    if (run?.resources) run.resources.limits = {};
    expect(describePod(limited, now)).toMatchObject({ exit: { outOfMemory: 'machine' } });
  });

  it.each([
    ['preempted', disruption('PreemptionByScheduler'), {}, /higher priority/],
    [
      'evicted',
      disruption('EvictionByEvictionAPI'),
      {},
      /node node-1 through the API, as when the node is drained/,
    ],
    ['node_lost', disruption('DeletionByTaintManager'), {}, /node-1 stopped answering/],
    ['node_lost', disruption('DeletionByPodGC'), {}, /node-1 no longer exists/],
    [
      'evicted',
      disruption('TerminationByKubelet'),
      { reason: 'Evicted', message: 'The node was low on resource: memory. Container run was using 5Gi.' },
      /node-1 was low on memory/,
    ],
    [
      'evicted',
      [],
      { reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' },
      /low on disk space/,
    ],
    [
      'evicted',
      [],
      { reason: 'Evicted', message: 'Usage of EmptyDir volume "work" exceeds the limit "10Gi".' },
      /more disk space than it may/,
    ],
    ['node_lost', [], { reason: 'NodeLost', message: 'Node node-1 is gone' }, /no longer answers/],
    [
      'pod_not_scheduled',
      [],
      { reason: 'OutOfcpu', message: "Node didn't have enough" },
      /refused the pod: OutOfcpu/,
    ],
    ['timed_out', [], { reason: 'DeadlineExceeded' }, /deadline/],
    ['attempt_lost', [], {}, /ended from outside by signal 9 and left no exit record/],
  ] as const)('explains %s', (code, conditions, more, detail) => {
    const status = withRun(killed, { phase: 'Failed', conditions: [...conditions], ...more });
    const described = describePod(podWith(status), now);
    expect(described).toMatchObject({ state: 'failed', failure: { code } });
    expect(described.state === 'failed' && described.failure.detail).toMatch(detail);
  });

  it('does not take the reason of a running pod for its end', () => {
    const status = withRun({ running: {} }, { reason: 'Evicted' });
    expect(describePod(podWith(status), now)).toEqual({ state: 'running' });
  });

  it('reports the deletion of a pod that was not asked to end', () => {
    const deleted = podWith(withRun({ running: {} }), { deletionTimestamp: '2026-11-29T12:00:30Z' });
    expect(describePod(deleted, now)).toEqual({ state: 'running' });
    expect(describePod(deleted, now, true)).toMatchObject({ failure: { code: 'pod_deleted' } });
    const ended = podWith(withRun(killed), { deletionTimestamp: '2026-11-29T12:00:30Z' });
    expect(describePod(ended, now)).toMatchObject({ failure: { code: 'pod_deleted' } });
  });

  it.each([
    ['its phase is Unknown', withRun({ running: {} }, { phase: 'Unknown' }), undefined],
    [
      'the cluster declared its node not ready',
      withRun({ running: {} }, { conditions: [{ type: 'Ready', status: 'False' }] }),
      undefined,
    ],
    ['its deletion is overdue', withRun({ running: {} }), '2026-11-29T11:50:00Z'],
  ] as const)('cannot tell when %s', (_, status, deletionTimestamp) => {
    const pod = podWith(status, deletionTimestamp === undefined ? {} : { deletionTimestamp });
    expect(describePod(pod, now)).toMatchObject({ state: 'silent', detail: /node node-1/ });
  });

  it('explains what a pod waits for', () => {
    const unscheduled = podWith({
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message:
            '0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory. preemption: 0/3 nodes are available.',
        },
      ],
    });
    delete unscheduled.spec.nodeName;
    expect(describePod(unscheduled, now)).toEqual({
      state: 'waiting',
      wait: {
        kind: 'scheduling',
        reason: 'No node of 3 can run it: 1 too little free cpu, 2 too little free memory.',
        isFinal: false,
      },
    });
    const pulling = (reason: string) =>
      describePod(
        podWith({
          phase: 'Pending',
          initContainerStatuses: [{ name: 'prepare', state: { waiting: { reason, message: 'not found' } } }],
        }),
        now,
      );
    expect(pulling('ImagePullBackOff')).toMatchObject({
      wait: { kind: 'image', reason: /cannot pull the image registry\/runner:3\.13/, isFinal: false },
    });
    expect(pulling('InvalidImageName')).toMatchObject({ wait: { kind: 'image', isFinal: true } });
    expect(pulling('PodInitializing')).toMatchObject({ wait: { kind: 'preparing' } });
    expect(pulling('CreateContainerConfigError')).toMatchObject({
      wait: { kind: 'preparing', reason: /cannot create the container/ },
    });
  });

  it('ends a wait with its reason', () => {
    const wait = { kind: 'scheduling', reason: 'No node can run it.', isFinal: false } as const;
    expect(failureOfWait(wait, 30)).toEqual({
      code: 'pod_not_scheduled',
      detail: 'No node can run it. It was given up after 30 minutes.',
    });
    expect(failureOfWait({ ...wait, kind: 'image' }, null).code).toBe('executor_image');
    expect(failureOfWait({ ...wait, kind: 'preparing' }, null).code).toBe('pod_not_started');
  });

  it('passes on why the pod could not be prepared', () => {
    const prepared = (message: string) =>
      describePod(
        podWith({
          phase: 'Failed',
          initContainerStatuses: [{ name: 'prepare', state: { terminated: { exitCode: 1, message } } }],
        }),
        now,
      );
    expect(prepared('{"code": "environment_missing", "detail": "It is gone."}')).toEqual({
      state: 'failed',
      failure: { code: 'environment_missing', detail: 'It is gone.' },
    });
    expect(prepared('Traceback')).toMatchObject({ failure: { code: 'bootstrap_failed' } });
  });
});
