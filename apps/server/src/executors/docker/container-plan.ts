/** Plans what containers may do and see. Pure. */
import type { ContainerCreateOptions } from 'dockerode';
import type { AttemptLimits, AttemptSpec } from '../contract/attempt-runner.ts';
import { attemptName, folders, labels, labelsOf, programs } from './names.ts';
import type { Owner, PlacedFile } from './files.ts';

export interface VolumeMount {
  volume: string;
  folder: string;
  writable: boolean;
}

export interface ContainerPlan {
  name: string;
  image: string;
  command: string[];
  labels: Record<string, string>;
  user: Owner;
  /** Additional capabilities of its first process. */
  capabilities?: readonly string[];
  mounts: VolumeMount[];
  network: string;
  limits: AttemptLimits;
  /** Cores of the engine's machine, which rejects higher limits. */
  engineCpus: number;
  /** The server writes to its standard input. */
  hasInput?: boolean;
  /** False if the engine must not keep its output. */
  isLogged?: boolean;
}

/**
 * Counts as memory of the container. HOME and TMPDIR are on the attempt's volume; this is for programs that
 * only use /tmp.
 */
const temporaryBytes = 256 * 1024 * 1024;
/** For semaphores and shared arrays of multiprocessing; counts as memory of the container. */
const sharedMemoryBytes = 256 * 1024 * 1024;

/**
 * The bootstrap's user. User code has another one, so it can neither read the bootstrap's files and memory
 * nor end it.
 */
export const bootstrapUser: Owner = { uid: 0, gid: 0 };
/**
 * Needed to switch to the user of user code, to end its processes, and to block the engine's machine for it;
 * the bootstrap drops the last one (NET_ADMIN) before user code starts. No capabilities over files: those
 * belong to the user or to the bootstrap itself.
 */
const bootstrapCapabilities = ['SETUID', 'SETGID', 'KILL', 'NET_ADMIN'] as const;

/** Options of a container with only the requested capabilities; only its volumes and memory are writable. */
export function planContainer(plan: ContainerPlan): ContainerCreateOptions & { name: string } {
  const { memoryBytes, cpus, processes } = plan.limits;
  return {
    name: plan.name,
    Image: plan.image,
    Entrypoint: [],
    Cmd: plan.command,
    User: `${plan.user.uid}:${plan.user.gid}`,
    WorkingDir: '/',
    ...(plan.hasInput === true ? { OpenStdin: true, StdinOnce: true, AttachStdin: true } : {}),
    // A container in the machine's network also uses its host name.
    ...(plan.network === 'host' ? {} : { Hostname: 'pumphouse' }),
    // The executor signals PID 1 explicitly; an image's own choice would only affect other callers.
    StopSignal: 'SIGTERM',
    Labels: plan.labels,
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      ...(plan.capabilities === undefined ? {} : { CapAdd: [...plan.capabilities] }),
      SecurityOpt: ['no-new-privileges'],
      ...(plan.isLogged === false ? { LogConfig: { Type: 'none', Config: {} } } : {}),
      NetworkMode: plan.network,
      Tmpfs: { '/tmp': `rw,nosuid,nodev,size=${temporaryBytes},mode=1777` },
      ShmSize: sharedMemoryBytes,
      // Swap counts as memory; otherwise a run above its limit would slow the machine down instead of ending.
      ...(memoryBytes === null ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
      ...(cpus === null ? {} : { NanoCpus: Math.round(Math.min(cpus, plan.engineCpus) * 1e9) }),
      ...(processes === null ? {} : { PidsLimit: processes }),
      Mounts: plan.mounts.map(({ volume, folder, writable }) => ({
        Type: 'volume' as const,
        Source: volume,
        Target: folder,
        ReadOnly: !writable,
      })),
    },
  };
}

/** What a container's network blocks for its user. */
export interface ClosedMachine {
  /** Blocked addresses and networks. */
  closed: readonly string[];
  /** TCP ports that stay open on all addresses. */
  openPorts: readonly number[];
  /** Networks that are blocked whatever port is open. */
  alwaysClosed: readonly string[];
}

/** The format that the bootstrap reads. */
export function describeMachine({ closed, openPorts, alwaysClosed }: ClosedMachine) {
  return { closed, open_ports: openPorts, always_closed: alwaysClosed };
}

export interface AttemptVolumes {
  attempt: string;
  environment: string;
  /** Null if the attempt has none, or a copy. */
  localData: string | null;
}

/** Where the container of an attempt runs. */
export interface AttemptContainerContext {
  image: string;
  network: string;
  engineCpus: number;
  volumes: AttemptVolumes;
}

/**
 * Plans the container of an attempt. It contains no secrets, because everyone with access to the engine can
 * read it.
 */
export function planAttempt(spec: AttemptSpec, context: AttemptContainerContext): ContainerPlan {
  return planBootstrap(
    {
      name: attemptName(spec.attemptId),
      arguments: [`${folders.record}/start.json`],
      labels: labelsOf(spec.installationId, 'attempt', {
        [labels.attempt]: spec.attemptId,
        [labels.run]: spec.jobRunId,
        [labels.network]: spec.network,
        ...(spec.localData?.access === 'copy' ? { [labels.snapshot]: 'copied' } : {}),
      }),
      limits: spec.limits,
    },
    context,
  );
}

/** Plans a container whose first process is the bootstrap. */
export function planBootstrap(
  own: Pick<ContainerPlan, 'name' | 'labels' | 'limits'> & { arguments: string[] },
  { volumes, ...context }: AttemptContainerContext,
): ContainerPlan {
  const mounts: VolumeMount[] = [
    { volume: volumes.attempt, folder: folders.attempt, writable: true },
    { volume: volumes.environment, folder: folders.environment, writable: false },
  ];
  if (volumes.localData !== null) {
    mounts.push({ volume: volumes.localData, folder: folders.localData, writable: true });
  }
  return {
    name: own.name,
    labels: own.labels,
    limits: own.limits,
    command: [programs.python, '-I', '-S', programs.bootstrap, ...own.arguments],
    user: bootstrapUser,
    capabilities: bootstrapCapabilities,
    mounts,
    ...context,
  };
}

function describeLocalData(localData: AttemptSpec['localData']) {
  if (localData === null) return null;
  const path = localData.access === 'copy' ? folders.localDataCopy : folders.localData;
  return { path, source: path, mounted: false, written_as: localData.profile };
}

/** The contents of start.json. */
export function describeStart(spec: AttemptSpec, machine: ClosedMachine) {
  const workFolder = `${folders.work}/${spec.workFolderName}`;
  return {
    attempt_id: spec.attemptId,
    claim_number: spec.claimNumber,
    attempts_url: spec.attemptsUrl,
    secret: spec.bootstrapSecret,
    folder: folders.record,
    work_folder: workFolder,
    inside_work_folder: workFolder,
    bootstrap_inside: programs.bootstrap,
    inside_python: programs.python,
    environment: folders.virtualEnvironment,
    local_data: describeLocalData(spec.localData),
    // The container is the sandbox: user code is the bootstrap's child, with a separate user.
    sandbox: [],
    drop_to: { uid: spec.uid, gid: spec.uid },
    // A run's output must not use the disk space reserved for root.
    takes_room_as: { uid: spec.uid, gid: spec.uid },
    control_groups: { memory: '/sys/fs/cgroup', pids: '/sys/fs/cgroup' },
    machine: describeMachine(machine),
    network_gets_closed: spec.network === 'isolated',
  };
}

/**
 * Plans the files of an attempt's volume: folders of its user, and the bootstrap's folder with start.json,
 * which the bootstrap deletes.
 */
export function planAttemptFiles(
  spec: AttemptSpec,
  machine: ClosedMachine,
): { files: PlacedFile[]; owner: Owner } {
  return {
    files: [
      ...planRecord('start.json', describeStart(spec, machine)),
      // Without a snapshot, the folder does not exist yet.
      ...(spec.localData?.access === 'copy' ? [{ path: 'local-data', content: null }] : []),
      ...planWork(spec.workFolderName),
    ],
    owner: { uid: spec.uid, gid: spec.uid },
  };
}

/** The folder of the bootstrap, with its input. */
export function planRecord(name: string, input: object): PlacedFile[] {
  return [
    { path: 'record', content: null, owner: bootstrapUser },
    { path: `record/${name}`, content: JSON.stringify(input), owner: bootstrapUser },
  ];
}

/** The folder of user code. */
export function planWork(workFolderName: string): PlacedFile[] {
  return [
    { path: 'work', content: null },
    { path: `work/${workFolderName}`, content: null },
  ];
}
