/** Plans the pods of attempts, of environment builds and of short programs on the claim. Pure. */
import type { InstanceSize } from '../../domain/jobs/job-definition.ts';
import type { AttemptLimits, AttemptSpec } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { Container, Pod, PodSpec, Volume, VolumeMount } from './kube-objects.ts';
import {
  annotations,
  attemptPodName,
  bootstrapFolder,
  containers,
  exitFile,
  folders,
  labels,
  labelsOf,
  python,
  shortInstallation,
} from './names.ts';

/** What the pods of one installation have in common. */
export interface PodContext {
  namespace: string;
  installationId: string;
  /** Name of the persistent volume claim. */
  claim: string;
  /** The image, with `{python}` for the minor version, or without it if there is only one. */
  image: string;
  /** Name of the secret with the archive of the bootstrap, which is the same for all pods. */
  bootstrapSecret: string;
}

/** Time after the grace period for the last output and the exit record. */
export const flushSeconds = 15;
/** A bootstrap delivers what it recorded for a day after its code has ended. */
const deliverySeconds = 86_400;
const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;
/** For semaphores and shared arrays of multiprocessing; counts as memory of the pod. */
const sharedMemoryBytes = 256 * mebibyte;
/** For programs that only use /tmp: HOME and TMPDIR are in the work folder. */
const temporaryBytes = gibibyte;

const diskGibibytes: Record<InstanceSize, number> = { small: 10, medium: 20, large: 40, xlarge: 80 };

/** Paths in the claim, relative to its root. */
export function planVolumePaths(installationId: string) {
  const root = shortInstallation(installationId);
  return {
    root,
    environments: `${root}/environments`,
    environment: (path: string) => `${root}/environments/${path}`,
    cache: (organizationId: string, workspaceId: string, uid: number) =>
      `${root}/caches/${organizationId}/${workspaceId}-${uid}`,
    localData: (workspaceId: string, profile: string) => `${root}/local-data/${workspaceId}/${profile}`,
    copy: (attemptId: string, uid: number) => `${root}/copies/${attemptId}-${uid}`,
  };
}

export interface EnvironmentName {
  /** The beginning of the environment's key. */
  key: string;
  /** "3.13" */
  pythonVersion: string;
  /** The user that built it, and the only one that can remove it. */
  uid: number;
}

/** Creates the name of an environment's folder. */
export function buildEnvironmentName({ key, pythonVersion, uid }: EnvironmentName, unique: string): string {
  return `${key
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 16)}-${unique.slice(0, 8)}-${pythonVersion}-${uid}`;
}

/** @throws ExecutorError config for anything but an environment of this executor */
export function readEnvironmentName(path: string): EnvironmentName {
  const [, key = '', pythonVersion = '', uid = ''] =
    /^([a-z0-9]{1,16})-[0-9a-f]{8}-(\d+\.\d+)-(\d{1,10})$/.exec(path) ?? [];
  if (key === '') throw new ExecutorError('config', `There is no environment ${path} on the claim.`);
  return { key, pythonVersion, uid: Number(uid) };
}

export function chooseImage(template: string, pythonVersion: string): string {
  return template.replaceAll('{python}', pythonVersion);
}

/**
 * Plans the pod of an attempt. It contains no secret, because everyone who can read pods can read it; the
 * secret mounted in `prepare` is created after the pod and owned by it.
 */
export function planAttemptPod(spec: AttemptSpec, context: PodContext): Pod {
  const { pythonVersion } = readEnvironmentName(spec.environment.path);
  const paths = planVolumePaths(spec.installationId);
  const mounts: VolumeMount[] = [
    { name: 'record', mountPath: folders.record },
    { name: 'work', mountPath: folders.work },
    {
      name: 'claim',
      mountPath: folders.environment,
      subPath: `${paths.environment(spec.environment.path)}/files`,
      readOnly: true,
    },
    ...planLocalDataMounts(spec),
  ];
  const disk = diskGibibytes[spec.instanceSize] * gibibyte;
  return planPod(
    {
      name: attemptPodName(spec.attemptId),
      labels: labelsOf(spec.installationId, 'attempt', {
        [labels.attempt]: spec.attemptId,
        [labels.run]: spec.jobRunId,
        [labels.claim]: String(spec.claimNumber),
        [labels.network]: spec.network,
        ...(spec.localData === null ? {} : { [labels.workspace]: spec.localData.workspaceId }),
      }),
      annotations: {
        [annotations.environment]: spec.environment.path,
        ...(spec.localData?.access === 'copy' ? { [annotations.hasCopy]: 'true' } : {}),
      },
      image: chooseImage(context.image, pythonVersion),
      uid: spec.uid,
      command: [python, '-I', '-S', bootstrapFolder, `${folders.record}/start.json`],
      mounts,
      limits: spec.limits,
      diskBytes: disk,
      terminationGracePeriodSeconds: Math.ceil(spec.graceSeconds) + flushSeconds,
      activeDeadlineSeconds:
        spec.timeoutSeconds === null || spec.timeoutSeconds <= 0
          ? null
          : Math.ceil(spec.timeoutSeconds + spec.graceSeconds) + flushSeconds + deliverySeconds,
      volumes: [
        { name: 'record', emptyDir: { sizeLimit: toQuantity(disk / 4) } },
        { name: 'work', emptyDir: { sizeLimit: toQuantity(disk) } },
      ],
      prepareMounts: [
        { name: 'record', mountPath: folders.record },
        { name: 'work', mountPath: folders.work },
      ],
    },
    context,
  );
}

function planLocalDataMounts(spec: AttemptSpec): VolumeMount[] {
  const { localData } = spec;
  if (localData === null) return [];
  const paths = planVolumePaths(spec.installationId);
  const subPath =
    localData.access === 'copy'
      ? `${paths.copy(spec.attemptId, spec.uid)}/data`
      : `${paths.localData(localData.workspaceId, localData.profile)}/live`;
  return [{ name: 'claim', mountPath: folders.localData, subPath }];
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

/** Plans a pod with one container, which sees the whole claim and runs a program of Pumphouse. */
export function planClaimPod(
  input: {
    name: string;
    labels: Record<string, string>;
    uid: number;
    action: string;
    given: object;
    maxSeconds: number;
  },
  context: PodContext,
): Pod {
  const resources = planResources(claimProgramLimits, claimProgramDiskBytes);
  const program: Container = {
    ...planContainer(chooseImage(context.image, defaultPython), resources),
    name: containers.run,
    command: [python, '-I', '-S', '-c', claimProgram, input.action, JSON.stringify(input.given)],
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'bootstrap', mountPath: folders.archive, readOnly: true },
      { name: 'code', mountPath: folders.code },
      { name: 'claim', mountPath: folders.volume },
    ],
  };
  return planObject(
    { ...input, annotations: {} },
    {
      ...planSecurity(input.uid),
      terminationGracePeriodSeconds: 1,
      activeDeadlineSeconds: input.maxSeconds,
      containers: [program],
      volumes: [...planCommonVolumes(context)],
    },
    context,
  );
}

const claimProgramLimits: AttemptLimits = { memoryBytes: 256 * mebibyte, cpus: null, processes: null };
const claimProgramDiskBytes = gibibyte;
/** Programs on the claim run with any Python. */
const defaultPython = '3.13';

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
      { name: 'claim', mountPath: folders.volume },
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

function planContainer(image: string, resources: Container['resources']) {
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
function planSecurity(uid: number) {
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

function planCommonVolumes(context: PodContext): Volume[] {
  return [
    { name: 'bootstrap', secret: { secretName: context.bootstrapSecret } },
    { name: 'code', emptyDir: { sizeLimit: '64Mi' } },
    { name: 'claim', persistentVolumeClaim: { claimName: context.claim } },
    { name: 'tmp', emptyDir: { sizeLimit: toQuantity(temporaryBytes) } },
  ];
}

function planObject(
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
function planResources({ memoryBytes, cpus }: AttemptLimits, diskBytes: number) {
  const amounts = {
    ...(cpus === null ? {} : { cpu: `${Math.max(1, Math.round(cpus * 1000))}m` }),
    ...(memoryBytes === null ? {} : { memory: toQuantity(memoryBytes) }),
    'ephemeral-storage': toQuantity(diskBytes),
  };
  return { requests: amounts, limits: amounts };
}

function toQuantity(bytes: number): string {
  return bytes % mebibyte === 0 ? `${bytes / mebibyte}Mi` : String(Math.round(bytes));
}

/** The first program of each pod: nothing of Pumphouse is in its image. */
const unpack = [
  'import sys, tarfile',
  `tarfile.open("${folders.archive}/bootstrap.tar.gz").extractall("${folders.code}")`,
  `sys.path.append("${folders.code}")`,
];

const unpackProgram = [
  ...unpack,
  'from pumphouse_bootstrap.pod_preparation import main',
  `sys.exit(main("${folders.secret}/plan.json", "${exitFile}"))`,
].join('\n');

const claimProgram = [
  ...unpack,
  'from pumphouse_bootstrap.claim_program import main',
  'main(sys.argv[1], sys.argv[2])',
].join('\n');

/** What `prepare` does, from the secret of the pod: pod_preparation.py. */
export interface PreparationPlan {
  /** Files to write for the main container, with their content. */
  files: { path: string; content: unknown }[];
  folders: string[];
  /** In the claim. */
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
  };
  /** The Python that the environment needs, such as 3.13; null: any. */
  python: string | null;
}

/** Plans the secret of an attempt's pod. */
export function planPreparation(spec: AttemptSpec): PreparationPlan {
  const paths = planVolumePaths(spec.installationId);
  const { localData } = spec;
  const data = localData === null ? null : paths.localData(localData.workspaceId, localData.profile);
  const copy = localData?.access === 'copy' && data !== null ? paths.copy(spec.attemptId, spec.uid) : null;
  return {
    files: [{ path: `${folders.record}/start.json`, content: describeStart(spec) }],
    folders: [`${folders.work}/${spec.workFolderName}`],
    volume: {
      root: paths.root,
      shared: [
        ...(localData === null ? [] : [`${paths.root}/local-data`]),
        ...(copy === null ? [] : [`${paths.root}/copies`]),
      ],
      own: [
        ...(localData?.access === 'read-write' && data !== null ? [`${data}/live`] : []),
        ...(copy === null ? [] : [`${copy}/data`]),
      ],
      required: paths.environment(spec.environment.path),
      copy: copy === null || data === null ? null : { from: data, to: `${copy}/data` },
    },
    python: null,
  };
}

/** The contents of start.json. `prepare` adds the pod's uid and the interpreter. */
function describeStart(spec: AttemptSpec) {
  const workFolder = `${folders.work}/${spec.workFolderName}`;
  const { localData } = spec;
  return {
    attempt_id: spec.attemptId,
    claim_number: spec.claimNumber,
    attempts_url: spec.attemptsUrl,
    secret: spec.bootstrapSecret,
    folder: folders.record,
    work_folder: workFolder,
    inside_work_folder: workFolder,
    bootstrap_inside: bootstrapFolder,
    environment: folders.virtualEnvironment,
    local_data:
      localData === null
        ? null
        : {
            path: folders.localData,
            source: folders.localData,
            mounted: false,
            written_as: localData.profile,
          },
    // The pod is the sandbox. The level `restricted` allows no second user in it.
    sandbox: [],
    drop_to: null,
    control_groups: { memory: '/sys/fs/cgroup', pids: '/sys/fs/cgroup' },
    exit_file: exitFile,
    grace_seconds: spec.graceSeconds,
  };
}
