import { describe, expect, it } from 'vitest';
import type { EnvironmentArchive } from '../../domain/environments/environment-archive.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentSpec } from '../contract/environment-builder.ts';
import { planAttemptPod, planPreparation } from './attempt-pod.ts';
import { planBuildPod, planBuildPreparation } from './build-pod.ts';
import type { Pod } from './kube-objects.ts';
import { shortInstallation } from './names.ts';
import { hasNodeCache, useNodeCache } from './node-cache.ts';
import { noPodPatches, patchPod } from './patch-pod.ts';
import type { PodContext } from './pod-plan.ts';

const context: PodContext = {
  namespace: 'pumphouse',
  installationId: 'installation',
  volumeClaim: null,
  image: 'runner:{python}',
  bootstrapSecret: 'pumphouse-bootstrap-1',
};

const archive: EnvironmentArchive = {
  id: '6f1c2a60-0000-4000-8000-000000000009',
  parts: 6,
  sizeBytes: 47 * 1024 ** 2,
  unpackedBytes: 150 * 1024 ** 2 + 1,
  sha256: 'a'.repeat(64),
};
const path = 'abc-0123abcd-3.13-60910';

const spec: AttemptSpec = {
  attemptId: '6f1c2a60-0000-4000-8000-000000000001',
  jobRunId: '6f1c2a60-0000-4000-8000-000000000002',
  installationId: context.installationId,
  claimNumber: 1,
  attemptsUrl: 'http://pumphouse:8081',
  bootstrapSecret: 'the-secret-of-the-attempt',
  environment: { executor: 'kubernetes', path, archive },
  workFolderName: 'shop',
  localData: null,
  uid: 60_911,
  limits: { memoryBytes: null, cpus: null, processes: null },
  instanceSize: 'small',
  graceSeconds: 30,
  timeoutSeconds: null,
  network: 'outgoing',
};

const mountsOf = (pod: Pod, name: 'run' | 'prepare') =>
  [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === name)
    ?.volumeMounts ?? [];
const volumeNames = (pod: Pod) => pod.spec.volumes.map(({ name }) => name);

describe('an attempt whose environment is an archive', () => {
  const pod = planAttemptPod(spec, context);

  it('gets it into a volume of its own, which user code cannot write', () => {
    expect(volumeNames(pod)).not.toContain('claim');
    expect(pod.spec.volumes).toContainEqual({ name: 'environment', emptyDir: { sizeLimit: '302Mi' } });
    expect(mountsOf(pod, 'prepare')).toContainEqual({ name: 'environment', mountPath: '/environment' });
    expect(mountsOf(pod, 'run').filter(({ mountPath }) => mountPath === '/environment')).toEqual([
      { name: 'environment', mountPath: '/environment', readOnly: true },
    ]);
  });

  it('has all its disk space besides', () => {
    expect(pod.spec.containers[0]?.resources?.limits['ephemeral-storage']).toBe(`${10 * 1024 + 151}Mi`);
  });

  it('fetches what the server recorded', () => {
    const plan = planPreparation(spec, { volumeClaim: null, usesNodeCache: false });
    expect(plan.volume).toBeNull();
    expect(plan.environment).toEqual({
      key: 'abc',
      archive: { parts: 6, unpacked_bytes: archive.unpackedBytes, sha256: archive.sha256 },
      target: '/environment/venv',
      cache: null,
    });
  });

  it('also starts where a claim was configured since, which then has its local data', () => {
    const localData = { workspaceId: 'w', profile: 'prod', access: 'read-write' } as const;
    const mixed = planAttemptPod({ ...spec, localData }, { ...context, volumeClaim: 'shared' });
    expect(mountsOf(mixed, 'run').map(({ name, mountPath }) => `${name} ${mountPath}`)).toEqual(
      expect.arrayContaining(['environment /environment', 'claim /local-data']),
    );
    const plan = planPreparation({ ...spec, localData }, { volumeClaim: 'shared', usesNodeCache: false });
    expect(plan.volume?.required).toBeNull();
    expect(plan.environment).not.toBeNull();
  });

  it('needs a claim for an environment on a claim', () => {
    const onClaim = { executor: 'kubernetes', path };
    expect(() => planAttemptPod({ ...spec, environment: onClaim }, context)).toThrow(
      expect.objectContaining({ kind: 'config', message: expect.stringContaining('VOLUME_CLAIM') }),
    );
  });
});

describe('a node cache', () => {
  const volume = { name: 'node-cache', hostPath: { path: '/var/lib/pumphouse', type: 'DirectoryOrCreate' } };
  const patches = { ...noPodPatches, pods: { spec: { volumes: [volume] } } };
  const entry = { installationId: context.installationId, uid: spec.uid, name: path };
  const patched = patchPod(planAttemptPod(spec, context), patches, { size: null, workspaceId: null });
  const pod = useNodeCache(patched, entry);

  it('is the volume that a patch adds', () => {
    expect([hasNodeCache(planAttemptPod(spec, context)), hasNodeCache(patched)]).toEqual([false, true]);
    expect(pod.spec.volumes).toContainEqual(volume);
    expect(volumeNames(pod)).not.toContain('environment');
    expect(planPreparation(spec, { volumeClaim: null, usesNodeCache: true }).environment?.cache).toEqual({
      root: `/pumphouse/node-cache/${shortInstallation(context.installationId)}`,
      name: path,
    });
  });

  it('is written by prepare, and a run sees only its own environment, read-only', () => {
    expect(mountsOf(pod, 'prepare')).toContainEqual({
      name: 'node-cache',
      mountPath: '/pumphouse/node-cache',
    });
    expect(mountsOf(pod, 'run').filter(({ name }) => name === 'node-cache')).toEqual([
      {
        name: 'node-cache',
        mountPath: '/environment',
        subPath: `${shortInstallation(context.installationId)}/60911/${path}/files`,
        readOnly: true,
      },
    ]);
  });

  it('cannot be mounted in a run by a patch', () => {
    const mount = { name: 'node-cache', mountPath: '/cache-of-all' };
    const all = { spec: { volumes: [volume], containers: [{ name: 'run', volumeMounts: [mount] }] } };
    expect(() =>
      patchPod(
        planAttemptPod(spec, context),
        { ...noPodPatches, pods: all },
        { size: null, workspaceId: null },
      ),
    ).toThrow(/the mount \/cache-of-all of the container run/);
  });
});

describe('a build without a claim', () => {
  const build: EnvironmentSpec = {
    key: 'key',
    organizationId: 'organization',
    workspaceId: 'workspace',
    pythonVersion: '3.13',
    requirements: ['dlt'],
    variables: {},
    maskedValues: [],
    uid: 60_910,
  };
  const upload = {
    id: archive.id,
    url: 'http://server',
    secret: 'the-secret-of-the-build',
    ticket: 'ticket',
  };
  const target = { kind: 'archive', upload } as const;
  const limits = { memoryBytes: null, cpus: null, processes: null };
  const pod = planBuildPod(build, target, { context, limits });

  it('has volumes of its own and no secret in its pod', () => {
    expect(volumeNames(pod)).toEqual(expect.arrayContaining(['environment', 'cache']));
    expect(volumeNames(pod)).not.toContain('claim');
    expect(JSON.stringify(pod)).not.toContain(upload.secret);
  });

  it('gets the package indexes and sources as files of uv', () => {
    const index = [{ name: 'company', url: 'https://pypi.example.com/simple', explicit: true }];
    const packageSources = { index, sources: { dlt: [{ index: 'company' }] } };
    const { files } = planBuildPreparation({ ...build, packageSources }, target, context.installationId);
    const contents = new Map(files.map((file) => [file.path, file.content]));
    expect(contents.get('/attempt/record/requirements.txt')).toBe('\n');
    expect(contents.get('/attempt/record/pyproject.toml')).toMatch(/dependencies = \[ "dlt" \]/);
    expect(contents.get('/attempt/record/uv.toml')).toContain('explicit = true');
    expect(contents.get('/attempt/record/build.json')).toMatchObject({
      steps: expect.arrayContaining([
        expect.objectContaining({ command: expect.arrayContaining(['/attempt/record/pyproject.toml']) }),
      ]),
      variables: { UV_CONFIG_FILE: '/attempt/record/uv.toml' },
    });
    const plain = planBuildPreparation(build, target, context.installationId);
    expect(JSON.stringify(plain)).not.toMatch(/uv\.toml|pyproject/);
  });

  it('stores the environment with the server, and reports it in its termination message', () => {
    const plan = planBuildPreparation(build, target, context.installationId);
    expect(plan.volume).toBeNull();
    const content = plan.files.find(({ path: file }) => file.endsWith('/build.json'))?.content;
    expect(content).toMatchObject({
      archive: { ...upload, source: '/environment/venv', report: '/dev/termination-log' },
    });
  });
});
