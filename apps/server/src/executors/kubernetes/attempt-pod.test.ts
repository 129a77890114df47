import { describe, expect, it } from 'vitest';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import { flushSeconds, planAttemptPod, planPreparation } from './attempt-pod.ts';
import { buildEnvironmentName, readEnvironmentName } from './environment-name.ts';
import type { PodContext } from './pod-plan.ts';
import { annotations, labels, shortInstallation } from './names.ts';

const environment = 'abc-0123abcd-3.13-60910';

const spec: AttemptSpec = {
  attemptId: '6f1c2a60-0000-4000-8000-000000000001',
  jobRunId: '6f1c2a60-0000-4000-8000-000000000002',
  installationId: '6f1c2a60-0000-4000-8000-000000000003',
  claimNumber: 4,
  attemptsUrl: 'http://pumphouse:8081',
  bootstrapSecret: 'the-secret-of-the-attempt',
  environment: { executor: 'kubernetes', path: environment },
  workFolderName: 'shop',
  localData: { workspaceId: 'workspace-1', profile: 'prod', access: 'read-write' },
  uid: 60_910,
  limits: { memoryBytes: 4 * 1024 ** 3, cpus: 0.5, processes: 512 },
  instanceSize: 'small',
  graceSeconds: 30,
  timeoutSeconds: 600,
  network: 'outgoing',
};

const context: PodContext = {
  namespace: 'pumphouse',
  installationId: spec.installationId,
  volumeClaim: 'shared',
  image: 'registry.example.com/runner:{python}',
  bootstrapSecret: 'pumphouse-bootstrap-1',
};

const prepared = { ...context, usesNodeCache: false };
const root = shortInstallation(spec.installationId);

describe('planAttemptPod', () => {
  const pod = planAttemptPod(spec, context);
  const [run] = pod.spec.containers;
  const [prepare] = pod.spec.initContainers ?? [];

  it('is a bare pod that Kubernetes never restarts, without credentials of the cluster', () => {
    expect(pod.kind).toBe('Pod');
    expect(pod.spec).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 30 + flushSeconds,
    });
    expect(pod.metadata).not.toHaveProperty('finalizers');
    expect(pod.metadata.labels).toMatchObject({
      [labels.installation]: spec.installationId,
      [labels.attempt]: spec.attemptId,
      [labels.run]: spec.jobRunId,
      [labels.workspace]: 'workspace-1',
      [labels.claim]: '4',
    });
  });

  it('ends by Kubernetes only after our own timeout, and never without one', () => {
    expect(pod.spec.activeDeadlineSeconds).toBeGreaterThan(600 + 30);
    for (const timeoutSeconds of [null, 0])
      expect(planAttemptPod({ ...spec, timeoutSeconds }, context).spec).not.toHaveProperty(
        'activeDeadlineSeconds',
      );
  });

  it('meets the Pod Security level restricted', () => {
    expect(pod.spec['securityContext']).toEqual({
      runAsNonRoot: true,
      runAsUser: 60_910,
      runAsGroup: 60_910,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const container of [run, prepare])
      expect(container?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
  });

  it('requests exactly its limits, including disk space', () => {
    for (const container of [run, prepare]) {
      expect(container?.resources?.limits).toEqual({
        cpu: '500m',
        memory: '4096Mi',
        'ephemeral-storage': '10240Mi',
      });
      expect(container?.resources?.requests).toEqual(container?.resources?.limits);
    }
    const unlimited = planAttemptPod(
      { ...spec, limits: { memoryBytes: null, cpus: null, processes: null } },
      context,
    );
    expect(Object.keys(unlimited.spec.containers[0]?.resources?.limits ?? {})).toEqual(['ephemeral-storage']);
  });

  it('shows user code its own folders of the claim, the environment without writing', () => {
    const mounts = run?.volumeMounts ?? [];
    expect(mounts.filter(({ name }) => name === 'claim')).toEqual([
      {
        name: 'claim',
        mountPath: '/environment',
        subPath: `${root}/environments/${environment}/files`,
        readOnly: true,
      },
      { name: 'claim', mountPath: '/local-data', subPath: `${root}/local-data/workspace-1/prod/live` },
    ]);
    expect(mounts.find(({ mountPath }) => mountPath === '/pumphouse/code')?.readOnly).toBe(true);
    expect(mounts.map(({ name }) => name)).not.toContain('secret');
    for (const name of ['work', 'record', 'tmp'])
      expect(pod.spec.volumes.find((volume) => volume.name === name)?.emptyDir?.sizeLimit).toMatch(/^\d+Mi$/);
  });

  it('gives an app a copy of its own', () => {
    const localData = { workspaceId: 'w', profile: 'prod', access: 'copy', mountedAs: 'access' } as const;
    const app = planAttemptPod({ ...spec, localData, network: 'isolated' }, context);
    expect(app.spec.containers[0]?.volumeMounts.find(({ mountPath }) => mountPath === '/local-data')).toEqual(
      {
        name: 'claim',
        mountPath: '/local-data',
        subPath: `${root}/copies/${spec.attemptId}-60910/data`,
      },
    );
    expect(app.metadata.labels?.[labels.network]).toBe('isolated');
    expect(planPreparation({ ...spec, localData }, prepared).volume?.copy).toEqual({
      from: `${root}/local-data/w/prod`,
      to: `${root}/copies/${spec.attemptId}-60910/data`,
    });
  });

  it('has local data on its own disk if the bootstrap fetches it', () => {
    const fetching = { ...context, volumeClaim: null };
    const archive = { id: 'a', parts: 1, sizeBytes: 512, unpackedBytes: 1024, sha256: 'a'.repeat(64) };
    const archived = { ...spec.environment, archive };
    for (const access of ['read-write', 'copy'] as const) {
      const localData = { workspaceId: 'w', profile: 'prod', access, mountedAs: 'access' };
      const planned = planAttemptPod({ ...spec, environment: archived, localData }, fetching);
      const mounts = planned.spec.containers[0]?.volumeMounts ?? [];
      expect(mounts.find(({ mountPath }) => mountPath === '/local-data')).toEqual({
        name: 'local-data',
        mountPath: '/local-data',
      });
      expect(planned.spec.volumes).toContainEqual({
        name: 'local-data',
        emptyDir: { sizeLimit: '10240Mi' },
      });
      // Nothing of it has to be removed.
      expect(planned.metadata.annotations).not.toHaveProperty(annotations.hasCopy);
      const { files, volume } = planPreparation(
        { ...spec, localData },
        { ...fetching, usesNodeCache: false },
      );
      expect(files[0]?.content).toMatchObject({ local_data: { source: '/local-data', objects: access } });
      expect(volume).toBeNull();
    }
    expect(planPreparation(spec, prepared).files[0]?.content).not.toHaveProperty('local_data.objects');
  });

  it('contains no secret: that is in an object of its own, which the pod waits for', () => {
    expect(JSON.stringify(pod)).not.toContain(spec.bootstrapSecret);
    expect(JSON.stringify(planPreparation(spec, prepared))).toContain(spec.bootstrapSecret);
    expect(pod.spec.volumes.find(({ name }) => name === 'secret')?.secret).toEqual({
      secretName: pod.metadata.name,
    });
  });

  it('runs the image of the Python that the environment was built with', () => {
    expect(run?.image).toBe('registry.example.com/runner:3.13');
  });

  it('is never planned with an environment of another executor', () => {
    const foreign = { executor: 'docker', path: '../../other' };
    expect(() => planAttemptPod({ ...spec, environment: foreign }, context)).toThrow(/no environment/);
  });
});

it('names environments so that the name tells their Python and their user', () => {
  const name = { key: 'a'.repeat(64), pythonVersion: '3.12', uid: 61_000 };
  const path = buildEnvironmentName(name, '01234567-89ab-4000-8000-000000000000');
  expect(readEnvironmentName(path)).toEqual({ ...name, key: 'a'.repeat(32) });
});
