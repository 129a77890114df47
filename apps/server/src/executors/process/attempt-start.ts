/** Prepares an attempt's folder and starts its bootstrap. */
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExecutorError } from '../contract/executor-error.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import {
  createPassageFolder,
  locateAttemptFolder,
  readAttemptRecord,
  readProcessRecord,
  readRegularFile,
  type AttemptFolder,
  type AttemptRecord,
  type ProcessRecord,
  type StartFile,
} from './attempt-folder.ts';
import { buildHandle, readServerLocation } from './attempt-location.ts';
import { spawnBootstrap, type BootstrapProcess } from './bootstrap-process.ts';
import { buildJoinCommand, type GroupPlan } from './control-group-plan.ts';
import { createGroup, type ControlGroups } from './control-groups.ts';
import { readEnvironmentMarker, type EnvironmentMarker } from './build-environment.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { ForkServer } from './fork-server.ts';
import { readHostLayout } from './host-layout.ts';
import {
  describeResolver,
  planInsideUser,
  planNetwork,
  type NetworkPlan,
  type RunsNetwork,
} from './isolated-network.ts';
import { bindInterpreter, decideRunUser, type Isolation } from './isolation.ts';
import { buildSandboxArguments, buildUserFiles, type SandboxBind } from './sandbox.ts';
import { checkNames, mountedProfile } from '../local-data-names.ts';
import { copySnapshot, locateLocalData } from './local-data.ts';
import type { Templates } from './templates/templates.ts';
import { writeWholeFile } from '../../platform/write-whole-file.ts';

export interface AttemptStartOptions {
  dataDir: string;
  bootstrapDir: string;
  /** Python interpreter for the bootstrap. */
  pythonPath: string;
  isolation: Isolation;
  /** Null if pasta is not installed. */
  pastaPath: string | null;
  runsNetwork: RunsNetwork;
  installationId: string;
  controlGroups: ControlGroups;
  faultPoints: FaultPoints;
  forkServer: ForkServer;
  /** Null if every run starts cold. */
  templates: Pick<Templates, 'take'> | null;
}

const START_TIMEOUT_MILLISECONDS = 30_000;
/** The first pause before looking again; each is twice as long as the one before. */
const LOOK_AGAIN_MILLISECONDS = 15;
const MAX_LOOK_AGAIN_MILLISECONDS = 120;
const LAST_WORDS_BYTES = 4096;
const INSIDE_WORK_ROOT = '/work';

/**
 * Starts the bootstrap of an attempt, or finds the one that an earlier call started.
 * @throws ExecutorError config for a specification that can never start, backend for everything else
 */
export async function startAttempt(options: AttemptStartOptions, spec: AttemptSpec): Promise<AttemptHandle> {
  checkNames(spec);
  const network = planNetwork(options, {
    kind: spec.network === 'isolated' ? 'app' : 'run',
    attemptsUrl: spec.attemptsUrl,
  });
  const folder = locateAttemptFolder(options.dataDir, spec.attemptId);
  try {
    const started = await readProcessRecord(folder);
    const record = await readAttemptRecord(folder);
    if (started !== null && record !== null) return buildHandle(record, started, folder.path);
    const marker = await readEnvironmentMarker(options.dataDir, spec.environment);
    if (marker === null)
      throw new ExecutorError('config', `There is no environment at ${spec.environment.path}.`);
    const written = await prepareFolder({ ...options, network }, spec, folder, marker);
    const processRecord = await startBootstrap(options, spec, folder);
    return buildHandle(written, processRecord, folder.path);
  } catch (error) {
    if (error instanceof ExecutorError) throw error;
    throw new ExecutorError(
      'backend',
      `Attempt ${spec.attemptId} could not be started: ${describeError(error)}`,
      { cause: error },
    );
  }
}

/** A null `network` means the machine's network. */
type PlannedOptions = AttemptStartOptions & { network: NetworkPlan | null };

async function prepareFolder(
  options: PlannedOptions,
  spec: AttemptSpec,
  folder: AttemptFolder,
  marker: EnvironmentMarker,
): Promise<AttemptRecord> {
  const user = decideRunUser(options.isolation, spec.uid);
  const workFolder = join(folder.workRoot, spec.workFolderName);
  await createPassageFolder(dirname(folder.path));
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  await createPassageFolder(folder.workRoot);
  await createRunFolder(workFolder, user);
  const localDataSource = await prepareLocalData(options, spec, folder, workFolder);
  await options.faultPoints.reach('in-attempt-preparation');
  const userId = process.getuid?.() ?? 0;
  const userFiles = buildUserFiles(user?.uid ?? userId, user?.gid ?? userId);
  await writeFile(folder.passwdFile, userFiles.passwd, { mode: 0o644 });
  await writeFile(folder.groupFile, userFiles.group, { mode: 0o644 });
  if (options.network !== null) await writeFile(folder.resolverFile, describeResolver(), { mode: 0o644 });
  const group = options.controlGroups.plan({ kind: 'attempt', attemptId: spec.attemptId }, spec.limits);
  const record: AttemptRecord = {
    version: 1,
    attemptId: spec.attemptId,
    jobRunId: spec.jobRunId,
    installationId: options.installationId,
    ...readServerLocation(),
    controlGroup: group.folders,
  };
  // Write the record before creating the group, so that removing the attempt also removes the group.
  await writeWholeFile(folder.attemptFile, JSON.stringify(record), 0o600);
  await createGroup(group);
  const startFile = {
    ...buildStartFile(options, spec, folder, marker, localDataSource),
    ...describeGroup(group),
    template: takeTemplate(options, spec, marker, { folder, localDataSource, joinFiles: group.joinFiles }),
  };
  await writeWholeFile(folder.startFile, JSON.stringify(startFile), 0o600);
  return record;
}

/** Chooses the template from which the bootstrap may fork this attempt; null for a cold start. Apps start cold. */
function takeTemplate(
  { templates, isolation, network }: PlannedOptions,
  spec: AttemptSpec,
  marker: EnvironmentMarker,
  attempt: { folder: AttemptFolder; localDataSource: string | null; joinFiles: string[] },
): StartFile['template'] {
  const { localData, environment, uid, workFolderName } = spec;
  if (templates === null || isolation.kind === 'none' || network === null) return null;
  if (spec.network === 'isolated' || localData === null) return null;
  const { workspaceId, profile } = localData;
  const key = { workspaceId, profile, environment: environment.path, uid };
  const folder = templates.take(key, { isolation, interpreter: marker.python, network });
  if (folder === null) return null;
  const target = join(INSIDE_WORK_ROOT, workFolderName);
  const mounts = [{ source: join(attempt.folder.workRoot, workFolderName), target }];
  if (attempt.localDataSource !== null) {
    const dataTarget = join(target, '.dlt', 'data', mountedProfile(localData));
    mounts.push({ source: attempt.localDataSource, target: dataTarget });
  }
  return { folder, join_files: attempt.joinFiles, mounts };
}

/** Prepares the workspace's data folder of this profile, or the copy of it; null if the attempt has none. */
async function prepareLocalData(
  options: AttemptStartOptions,
  { localData, uid }: AttemptSpec,
  folder: AttemptFolder,
  workFolder: string,
): Promise<string | null> {
  if (localData === null) return null;
  const user = decideRunUser(options.isolation, uid);
  const source =
    localData.access === 'copy'
      ? folder.localDataCopy
      : join(locateLocalData(options.dataDir), localData.workspaceId, localData.profile);
  await createPassageFolder(dirname(source));
  await createRunFolder(source, user);
  if (localData.access === 'copy') await copySnapshot(options, { ...localData, uid }, source);
  if (options.isolation.kind === 'sandbox') {
    // If bubblewrap created these, they would belong to root, and the run could not write to its own .dlt
    // folder.
    for (const path of ['.dlt', '.dlt/data', `.dlt/data/${mountedProfile(localData)}`])
      await createRunFolder(join(workFolder, path), user);
  }
  return source;
}

async function createRunFolder(path: string, user: { uid: number; gid: number } | null): Promise<void> {
  const created = await mkdir(path, { recursive: true, mode: 0o700 });
  if (created !== undefined && user !== null) await chown(path, user.uid, user.gid);
}

function buildStartFile(
  options: PlannedOptions,
  spec: AttemptSpec,
  folder: AttemptFolder,
  marker: EnvironmentMarker,
  localDataSource: string | null,
): Omit<StartFile, keyof ReturnType<typeof describeGroup> | 'template'> {
  const { isolation, bootstrapDir } = options;
  const workFolder = join(folder.workRoot, spec.workFolderName);
  const common = {
    attempt_id: spec.attemptId,
    claim_number: spec.claimNumber,
    attempts_url: spec.attemptsUrl,
    ...(spec.attemptsSocket === undefined ? {} : { attempts_socket: spec.attemptsSocket }),
    secret: spec.bootstrapSecret,
    folder: folder.path,
    work_folder: workFolder,
    environment: spec.environment.path,
    // Not the environment's interpreter, which packages could have replaced: this one runs as root until it
    // drops to another user (in a sandbox without files, but with /proc/sys).
    inside_python: marker.python.executable,
    drop_to: decideRunUser(isolation, spec.uid),
  };
  if (isolation.kind === 'none') {
    return {
      ...common,
      inside_work_folder: workFolder,
      bootstrap_inside: bootstrapDir,
      local_data: describeLocalData(spec, { source: localDataSource, target: null }),
      sandbox: [],
    };
  }
  const insideWorkFolder = join(INSIDE_WORK_ROOT, spec.workFolderName);
  const insideBootstrap = join('/pumphouse', basename(bootstrapDir));
  const localDataTarget = join(
    insideWorkFolder,
    '.dlt',
    'data',
    spec.localData === null ? '' : mountedProfile(spec.localData),
  );
  const binds: SandboxBind[] = [
    bindReadOnly(spec.environment.path),
    ...bindInterpreter(marker.python, options.dataDir),
    bindReadOnly(bootstrapDir, insideBootstrap),
    bindReadOnly(folder.passwdFile, '/etc/passwd'),
    bindReadOnly(folder.groupFile, '/etc/group'),
    { source: workFolder, target: insideWorkFolder, writable: true },
  ];
  if (localDataSource !== null) {
    binds.push({ source: localDataSource, target: localDataTarget, writable: true });
  }
  const { network } = options;
  if (network !== null) binds.push(bindReadOnly(folder.resolverFile, '/etc/resolv.conf'));
  return {
    ...common,
    network: network === null ? null : { ...network, door: spec.network === 'isolated' },
    inside_work_folder: insideWorkFolder,
    bootstrap_inside: insideBootstrap,
    local_data: describeLocalData(spec, { source: localDataSource, target: localDataTarget }),
    sandbox: buildSandboxArguments({
      ...isolation,
      host: readHostLayout(),
      network: 'inherited',
      binds,
      ...planInsideUser(network, isolation.privileges),
    }),
  };
}

/** @param place.target mount point in the sandbox; null without one */
function describeLocalData(
  { localData }: AttemptSpec,
  { source, target }: { source: string | null; target: string | null },
): StartFile['local_data'] {
  if (localData === null || source === null) return null;
  return { path: target ?? source, source, mounted: target !== null, written_as: localData.profile };
}

function describeGroup({
  folders,
  memory,
  pids,
  joinFiles,
}: GroupPlan): Required<Pick<StartFile, 'control_groups' | 'join_groups'>> {
  return {
    control_groups: folders.length === 0 ? null : { memory, pids },
    join_groups: buildJoinCommand(joinFiles),
  };
}

function bindReadOnly(source: string, target = source): SandboxBind {
  return { source, target, writable: false };
}

/**
 * Starts a bootstrap that outlives this server, and waits until it, or one that was already running, has written
 * its process record. Only one of them can claim the attempt, so a second one is started if the first cannot be
 * forked.
 */
async function startBootstrap(
  options: AttemptStartOptions,
  spec: AttemptSpec,
  folder: AttemptFolder,
): Promise<ProcessRecord> {
  const forked = options.forkServer.fork(folder);
  if (forked !== null) {
    const record = await awaitProcessRecord(forked, folder);
    if (record !== null) return record;
  }
  const spawned = await spawnBootstrap(options, spec.attemptId, folder);
  const record = await awaitProcessRecord(spawned, folder);
  if (record !== null) return record;
  throw new ExecutorError('backend', await describeEnd(spawned.describeEnd() ?? 'ended at once', folder));
}

/**
 * Polls, because a watch on the folder would not be faster, and the machine can run out of watches. The
 * bootstrap does not wait for this, so user code starts no later.
 *
 * @returns null if the bootstrap has ended without a record
 */
async function awaitProcessRecord(
  bootstrap: BootstrapProcess,
  folder: AttemptFolder,
): Promise<ProcessRecord | null> {
  const deadline = performance.now() + START_TIMEOUT_MILLISECONDS;
  let pauseMilliseconds = LOOK_AGAIN_MILLISECONDS;
  while (performance.now() < deadline) {
    // Check for the end before reading the file, so that a record written before the end is not missed.
    const end = bootstrap.describeEnd();
    const record = await readProcessRecord(folder);
    if (record !== null) return record;
    if (end !== null) return null;
    await Promise.race([sleep(pauseMilliseconds), bootstrap.ended]);
    pauseMilliseconds = Math.min(2 * pauseMilliseconds, MAX_LOOK_AGAIN_MILLISECONDS);
  }
  bootstrap.kill();
  throw new ExecutorError(
    'backend',
    `The bootstrap did not start within ${START_TIMEOUT_MILLISECONDS / 1000} s.`,
  );
}

async function describeEnd(end: string, folder: AttemptFolder): Promise<string> {
  const log = await readRegularFile(folder.bootstrapLog, { fromEnd: LAST_WORDS_BYTES });
  return `The bootstrap ${end}. ${Buffer.from(log ?? [])
    .toString('utf8')
    .trim()}`.trim();
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
