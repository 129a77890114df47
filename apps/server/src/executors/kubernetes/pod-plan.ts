/** What all pods of this executor have in common. Pure. */
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import type { Container, Pod, PodSpec, Volume, VolumeMount } from './kube-objects.ts';
import { containers, exitFile, folders, python } from './names.ts';

/** What the pods of one installation have in common. */
export interface PodContext {
  namespace: string;
  installationId: string;
  /** Name of the persistent volume claim; null: there is none. */
  volumeClaim: string | null;
  /** The image, with `{python}` for the minor version, or without it if there is only one. */
  image: string;
  /** Name of the secret with the archive of the bootstrap, which is the same for all pods. */
  bootstrapSecret: string;
}

export const gibibyte = 1024 ** 3;
export const mebibyte = 1024 ** 2;
/** For semaphores and shared arrays of multiprocessing; counts as memory of the pod. */
const sharedMemoryBytes = 256 * mebibyte;
/** For programs that only use /tmp: HOME and TMPDIR are in the work folder. */
const temporaryBytes = gibibyte;

export function chooseImage(template: string, pythonVersion: string): string {
  return template.replaceAll('{python}', pythonVersion);
}

export interface PodInput {
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  image: string;
  uid: number;
  command: string[];
  mounts: VolumeMount[];
  limits: AttemptLimits;
  diskBytes: number;
  terminationGracePeriodSeconds: number;
  activeDeadlineSeconds: number | null;
  volumes: Volume[];
  prepareMounts: VolumeMount[];
}

/** Plans a pod whose container `prepare` unpacks the bootstrap and carries out the plan in its secret. */
export function planPod(input: PodInput, context: PodContext): Pod {
  const common = planContainer(input.image, planResources(input.limits, input.diskBytes));
  const everywhere: VolumeMount[] = [{ name: 'tmp', mountPath: '/tmp' }];
  const prepare: Container = {
    ...common,
    name: containers.prepare,
    command: [python, '-I', '-S', '-c', unpackProgram],
    env: [{ name: 'PUMPHOUSE_POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }],
    volumeMounts: [
      ...everywhere,
      { name: 'bootstrap', mountPath: folders.archive, readOnly: true },
      { name: 'code', mountPath: folders.code },
      { name: 'secret', mountPath: folders.secret, readOnly: true },
      ...planClaimMounts(context),
      ...input.prepareMounts,
    ],
  };
  const run: Container = {
    ...common,
    name: containers.run,
    command: input.command,
    volumeMounts: [
      ...everywhere,
      { name: 'code', mountPath: folders.code, readOnly: true },
      { name: 'shm', mountPath: '/dev/shm' },
      ...input.mounts,
    ],
  };
  return planObject(
    input,
    {
      ...planSecurity(input.uid),
      terminationGracePeriodSeconds: input.terminationGracePeriodSeconds,
      ...(input.activeDeadlineSeconds === null ? {} : { activeDeadlineSeconds: input.activeDeadlineSeconds }),
      initContainers: [prepare],
      containers: [run],
      volumes: [
        ...planCommonVolumes(context),
        // The pod waits in ContainerCreating until it exists.
        { name: 'secret', secret: { secretName: input.name } },
        { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: toQuantity(sharedMemoryBytes) } },
        ...input.volumes,
      ],
    },
    context,
  );
}

export function planContainer(image: string, resources: Container['resources']) {
  return {
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(resources === undefined ? {} : { resources }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    terminationMessagePath: exitFile,
  };
}

/** What the Pod Security level `restricted` demands, and nothing of the cluster for its programs. */
export function planSecurity(uid: number) {
  return {
    restartPolicy: 'Never' as const,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostname: 'pumphouse',
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

export function planCommonVolumes(context: PodContext): Volume[] {
  return [
    { name: 'bootstrap', secret: { secretName: context.bootstrapSecret } },
    { name: 'code', emptyDir: { sizeLimit: '64Mi' } },
    ...(context.volumeClaim === null
      ? []
      : [{ name: 'claim', persistentVolumeClaim: { claimName: context.volumeClaim } }]),
    { name: 'tmp', emptyDir: { sizeLimit: toQuantity(temporaryBytes) } },
  ];
}

/** The whole claim, for programs of Pumphouse only. */
export function planClaimMounts({ volumeClaim }: PodContext): VolumeMount[] {
  return volumeClaim === null ? [] : [{ name: 'claim', mountPath: folders.volume }];
}

export function planObject(
  own: Pick<PodInput, 'name' | 'labels' | 'annotations'>,
  spec: PodSpec,
  context: PodContext,
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: own.name,
      namespace: context.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'pumphouse', ...own.labels },
      annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false', ...own.annotations },
    },
    spec,
  };
}

/** Requests equal limits, so that the pod is the last that its node evicts. */
export function planResources({ memoryBytes, cpus }: AttemptLimits, diskBytes: number) {
  const amounts = {
    ...(cpus === null ? {} : { cpu: `${Math.max(1, Math.round(cpus * 1000))}m` }),
    ...(memoryBytes === null ? {} : { memory: toQuantity(memoryBytes) }),
    'ephemeral-storage': toQuantity(diskBytes),
  };
  return { requests: amounts, limits: amounts };
}

export function toQuantity(bytes: number): string {
  return bytes % mebibyte === 0 ? `${bytes / mebibyte}Mi` : String(Math.round(bytes));
}

/** The first program of each pod: nothing of Pumphouse is in its image. */
export const unpackBootstrap = [
  'import sys, tarfile',
  `tarfile.open("${folders.archive}/bootstrap.tar.gz").extractall("${folders.code}")`,
  `sys.path.append("${folders.code}")`,
];

const unpackProgram = [
  ...unpackBootstrap,
  'from pumphouse_bootstrap.pod_preparation import main',
  `sys.exit(main("${folders.secret}/plan.json", "${exitFile}"))`,
].join('\n');

/** What `prepare` does, from the secret of the pod: pod_preparation.py. */
export interface PreparationPlan {
  /** Files to write for the main container, with their content. */
  files: { path: string; content: unknown }[];
  folders: string[];
  /** In the claim; null: there is none. */
  volume: {
    root: string;
    /** Created for every user, because only pods that mount a folder see it. */
    shared: string[];
    /** Created for this user. */
    own: string[];
    /** A folder that must exist already: that of the environment. */
    required: string | null;
    /** Fills a folder with the last snapshot of local data. */
    copy: { from: string; to: string } | null;
  } | null;
  /** What to fetch; null: the environment is on the claim, or none is needed. */
  environment: {
    key: string;
    archive: { parts: number; unpacked_bytes: number; sha256: string };
    /** The folder to create. */
    target: string;
    /** Where environments stay for the next pods of the node. */
    cache: { root: string; name: string } | null;
  } | null;
  /** The Python that the environment needs, such as 3.13; null: any. */
  python: string | null;
}
