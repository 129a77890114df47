import { describe, expect, it } from 'vitest';
import type { Pod } from './kube-objects.ts';
import { labels } from './names.ts';
import { noPodPatches, patchPod, type PodPatch } from './patch-pod.ts';

const container = (name: string) => ({
  name,
  image: 'image',
  command: ['python3'],
  env: [
    { name: 'ONE', value: '1' },
    { name: 'TWO', value: '2' },
  ],
  resources: { requests: { cpu: '1' }, limits: { cpu: '1' } },
  volumeMounts: [{ name: 'work', mountPath: '/work' }],
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
});

const pod: Pod = {
  metadata: { name: 'pod', namespace: 'space', labels: { [labels.attempt]: 'a' } },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 45,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 5 },
    initContainers: [container('prepare')],
    containers: [container('run')],
    volumes: [
      { name: 'work', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'secret', secret: { secretName: 'pod' } },
    ],
    tolerations: [{ key: 'old', operator: 'Exists' }],
  },
};

const apply = (patch: PodPatch): Pod =>
  patchPod(pod, { ...noPodPatches, pods: patch }, { size: null, workspaceId: null });

describe('patchPod', () => {
  it('adds what a cluster needs and keeps the rest', () => {
    const patched = apply({
      metadata: { labels: { team: 'data' }, annotations: { note: 'x' } },
      spec: {
        nodeSelector: { pool: 'runs' },
        runtimeClassName: 'gvisor',
        serviceAccountName: 'runs',
        imagePullSecrets: [{ name: 'registry' }],
        securityContext: { fsGroup: 1000 },
      },
    });
    expect(patched.metadata.labels).toEqual({ [labels.attempt]: 'a', team: 'data' });
    expect(patched.spec).toMatchObject({
      nodeSelector: { pool: 'runs' },
      runtimeClassName: 'gvisor',
      imagePullSecrets: [{ name: 'registry' }],
      securityContext: { runAsNonRoot: true, runAsUser: 5, fsGroup: 1000 },
      containers: pod.spec.containers,
    });
  });

  it('merges containers, variables and volumes by name, and mounts by path', () => {
    const patched = apply({
      spec: {
        containers: [
          {
            name: 'run',
            env: [
              { name: 'TWO', value: 'two' },
              { name: 'THREE', value: '3' },
            ],
            resources: { requests: { cpu: '250m' } },
            volumeMounts: [{ mountPath: '/certificates', name: 'certificates' }],
          },
        ],
        volumes: [
          { name: 'certificates', configMap: { name: 'certificates' } },
          { name: 'work', emptyDir: { sizeLimit: '5Gi' } },
        ],
      },
    });
    const [run] = patched.spec.containers;
    expect(run?.env).toEqual([
      { name: 'ONE', value: '1' },
      { name: 'TWO', value: 'two' },
      { name: 'THREE', value: '3' },
    ]);
    expect(run?.resources).toEqual({ requests: { cpu: '250m' }, limits: { cpu: '1' } });
    expect(run?.volumeMounts).toHaveLength(2);
    expect(patched.spec.volumes.map(({ name }) => name)).toEqual(['work', 'secret', 'certificates']);
    expect(patched.spec.volumes[0]?.emptyDir?.sizeLimit).toBe('5Gi');
    expect(patched.spec.initContainers).toEqual(pod.spec.initContainers);
  });

  it('replaces lists without a merge key, as tolerations', () => {
    const tolerations = [{ key: 'runs', operator: 'Exists' }];
    expect(apply({ spec: { tolerations } }).spec['tolerations']).toEqual(tolerations);
  });

  it('deletes with null, $patch and $retainKeys', () => {
    expect(apply({ spec: { tolerations: null } }).spec).not.toHaveProperty('tolerations');
    const without = apply({
      spec: { containers: [{ name: 'run', env: [{ name: 'ONE', $patch: 'delete' }] }] },
    });
    expect(without.spec.containers[0]?.env).toEqual([{ name: 'TWO', value: '2' }]);
    const replaced = apply({
      spec: { containers: [{ name: 'run', env: [{ $patch: 'replace' }, { name: 'NEW', value: 'n' }] }] },
    });
    expect(replaced.spec.containers[0]?.env).toEqual([{ name: 'NEW', value: 'n' }]);
    const retained = apply({
      spec: {
        containers: [{ name: 'run', resources: { $retainKeys: ['limits'], limits: { cpu: '2' } } }],
      },
    });
    expect(retained.spec.containers[0]?.resources).toEqual({ limits: { cpu: '2' } });
  });

  it('applies the patch of all pods, then of the size, then of the workspace', () => {
    const select = (value: string) => ({ spec: { nodeSelector: { pool: value, [value]: 'yes' } } });
    const patches = {
      pods: select('all'),
      sizes: { large: select('large') },
      workspaces: { shop: select('shop') },
    };
    expect(patchPod(pod, patches, { size: 'large', workspaceId: 'shop' }).spec['nodeSelector']).toEqual({
      pool: 'shop',
      all: 'yes',
      large: 'yes',
      shop: 'yes',
    });
    expect(patchPod(pod, patches, { size: 'small', workspaceId: 'other' }).spec['nodeSelector']).toEqual({
      pool: 'all',
      all: 'yes',
    });
  });

  it.each([
    ['restartPolicy', { spec: { restartPolicy: 'Always' } }, /spec\.restartPolicy/],
    ['a token', { spec: { automountServiceAccountToken: true } }, /spec\.automountServiceAccountToken/],
    ['the network of the node', { spec: { hostNetwork: true } }, /spec\.hostNetwork/],
    [
      'a label of ours',
      { metadata: { labels: { [labels.attempt]: 'b' } } },
      /the label pumphouse\.dev\/attempt/,
    ],
    ['its name', { metadata: { name: 'other' } }, /metadata\.name/],
    ['finalizers', { metadata: { finalizers: ['x/y'] } }, /metadata\.finalizers/],
    [
      'the command',
      { spec: { containers: [{ name: 'run', command: ['sh'] }] } },
      /command of the container run/,
    ],
    ['arguments', { spec: { containers: [{ name: 'run', args: ['x'] }] } }, /args of the container run/],
    ['a container', { spec: { containers: [{ name: 'run', $patch: 'delete' }] } }, /the container run/],
    ['the secret', { spec: { volumes: [{ name: 'secret', $patch: 'delete' }] } }, /the volume secret/],
    [
      'a mount of the secret',
      { spec: { containers: [{ name: 'run', volumeMounts: [{ mountPath: '/s', name: 'secret' }] }] } },
      /the mount \/s of the container run/,
    ],
    ['root', { spec: { securityContext: { runAsUser: 0 } } }, /runAsUser in spec\.securityContext/],
    [
      'capabilities',
      { spec: { containers: [{ name: 'run', securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }] } },
      /capabilities in securityContext of the container run/,
    ],
    [
      'privileges',
      { spec: { containers: [{ name: 'run', securityContext: { privileged: true } }] } },
      /privileged/,
    ],
    ['a list entry without its key', { spec: { containers: [{ image: 'x' }] } }, /needs "name"/],
    ['a text', { spec: 'x' }, /./],
  ])('refuses %s', (_, patch, message) => {
    expect(() => apply(patch as PodPatch)).toThrow(message);
  });
});
