/** Runs attempts as processes on this machine, each under a bootstrap that outlives the server. */
import { isAbsolute } from 'node:path';
import { ExecutorError } from '../executor.ts';
import type {
  AttemptHandle,
  AttemptInspection,
  AttemptLimits,
  AttemptSpec,
  EnvironmentLocation,
  Executor,
  ListedAttempt,
} from '../executor.ts';
import {
  listAttemptIds,
  locateAttemptFolder,
  readAttemptRecord,
  readExitFacts,
  readProcessRecord,
  readRegularFile,
  removeAttemptFolder,
  writeFileAtomically,
  type AttemptFolder,
} from './attempt-folder.ts';
import { buildHandle, EXECUTOR_NAME, judgePlace, readPlace, type HandleData } from './attempt-place.ts';
import { connectToAttempt } from './door.ts';
import { planNetwork, type RunsNetwork } from './isolated-network.ts';
import { findAttemptProcesses, killAttempt, type AttemptMarks } from './attempt-processes.ts';
import { createBelongings } from './belongings.ts';
import { startAttempt } from './attempt-start.ts';
import { stopAttempt } from './attempt-stop.ts';
import { openControlGroups, removeGroup } from './control-groups.ts';
import { createCompileQueue } from './bytecode.ts';
import { buildEnvironment, readEnvironmentMarker, removeEnvironment } from './environment-builder.ts';
import { openPackageStore } from './package-store.ts';
import { listCaches, measureEnvironment, removeCache } from './environment-places.ts';
import { decideIsolation, type Isolation } from './isolation.ts';
import { probeMachine } from './probe.ts';
import { readOwnMachine } from './machine-resources.ts';
import { isProcessAlive, type ProcessIdentity } from './process-identity.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import { checkAppPort } from '../app-port.ts';
import { noFaultPoints, type FaultPoints } from '../../platform/fault-points.ts';
import { checkPlace } from '../local-data-names.ts';
import { copySnapshot, requireCopy, takeSnapshot } from './local-data.ts';
import { isSafeName } from '../safe-name.ts';

export interface ExecutorLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface ProcessExecutorOptions {
  /** Absolute path. */
  dataDir: string;
  /** The folder python/pumphouse_bootstrap. */
  bootstrapDir: string;
  /** Python 3.10 or newer, for the bootstrap. */
  pythonPath: string;
  uvPath: string;
  /** Null if bubblewrap is not installed. */
  bwrapPath: string | null;
  /**
   * Null if pasta is not installed: apps are rejected then, and so are runs, unless they share the machine's
   * network.
   */
  pastaPath: string | null;
  runsNetwork: RunsNetwork;
  allowUnisolated: boolean;
  installationId: string;
  /** Resource limits of an environment build. */
  buildLimits: AttemptLimits;
  /** Folders to search for interpreters, in PATH format. */
  searchPath?: string;
  faultPoints?: FaultPoints;
  log: ExecutorLog;
}

const DEFAULT_SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * Creates an executor for Linux machines.
 * @throws Error when the data folder is not an absolute path
 */
export function createProcessExecutor(options: ProcessExecutorOptions): Executor {
  const { dataDir, log, faultPoints = noFaultPoints } = options;
  if (!isAbsolute(dataDir)) throw new Error(`The data folder must be an absolute path, not ${dataDir}.`);
  const serverUid = process.getuid?.() ?? 0;
  const isolation = decideIsolation({ ...options, serverUid });
  const controlGroups = openControlGroups(options.installationId);
  const starts = new Map<string, Promise<AttemptHandle>>();

  const start = async (spec: AttemptSpec): Promise<AttemptHandle> => {
    const running = starts.get(spec.attemptId);
    if (running !== undefined) return running;
    const promise = startAttempt(
      { ...options, controlGroups, faultPoints, isolation: requireIsolation(isolation) },
      spec,
    );
    starts.set(spec.attemptId, promise);
    try {
      return await promise;
    } finally {
      starts.delete(spec.attemptId);
    }
  };

  const inspect = async (handle: AttemptHandle): Promise<AttemptInspection> => {
    const verdict = judgePlace(handle, readPlace(), dataDir);
    if (verdict.place === 'elsewhere') return { state: 'unknown', detail: verdict.detail };
    const folder = locateAttemptFolder(dataDir, verdict.data.attemptId);
    if (verdict.place === 'here') {
      const attempt = await locateAttempt(verdict.data, folder);
      if (attempt.bootstrap !== null && isProcessAlive(attempt.bootstrap)) return { state: 'running' };
      if (attempt.bootstrap === null && (await findAttemptProcesses(attempt.marks)).length > 0)
        return { state: 'running' };
      await endRemains(attempt.marks);
    }
    const exit = await readExitFacts(folder);
    return exit === null ? { state: 'missing' } : { state: 'exited', exit };
  };

  /** Without a bootstrap, nothing records or stops user code, so end it; only then is "missing" true. */
  const endRemains = async (marks: AttemptMarks): Promise<void> => {
    const remains = await findAttemptProcesses(marks);
    if (remains.length === 0) return;
    log.warn(
      { attemptId: marks.attemptId, pids: remains.map(({ pid }) => pid) },
      'Ending processes whose bootstrap is gone',
    );
    await killAttempt(marks);
  };

  const stop: Executor['stop'] = async (handle, { graceSeconds }) => {
    const verdict = judgePlace(handle, readPlace(), dataDir);
    if (verdict.place === 'elsewhere') throw new ExecutorError('backend', verdict.detail);
    if (verdict.place === 'earlier-boot') return;
    const folder = locateAttemptFolder(dataDir, verdict.data.attemptId);
    const { marks, bootstrap } = await locateAttempt(verdict.data, folder);
    await stopAttempt(marks, bootstrap, graceSeconds);
  };

  const remove: Executor['remove'] = async (handle) => {
    const inspection = await inspect(handle);
    if (inspection.state === 'running') {
      throw new ExecutorError('backend', 'A running attempt cannot be removed: stop it first.');
    }
    if (inspection.state === 'unknown') throw new ExecutorError('backend', inspection.detail);
    const verdict = judgePlace(handle, readPlace(), dataDir);
    if (verdict.place === 'elsewhere') throw new ExecutorError('backend', verdict.detail);
    const folder = locateAttemptFolder(dataDir, verdict.data.attemptId);
    // Remove the group before the record that names it.
    await removeControlGroup(folder);
    await removeAttemptFolder(folder, faultPoints);
  };

  const belongings = createBelongings({
    ...options,
    controlGroups,
    faultPoints,
    async removeAttempt(handle) {
      await stop(handle, { graceSeconds: 0 });
      await remove(handle);
    },
  });

  const packageStore = openPackageStore(options);
  const compileQueue =
    isolation === null
      ? null
      : createCompileQueue({ ...options, isolation }, (error, path) =>
          log.warn({ err: error, path }, 'Modules of an environment could not be compiled'),
        );

  /**
   * Whether an environment exists. Modules that a build or an ended server left uncompiled are queued for
   * compilation.
   */
  const findEnvironment = async (location: EnvironmentLocation): Promise<boolean> => {
    const marker = await readEnvironmentMarker(dataDir, location);
    if (marker !== null) compileQueue?.add(location, marker.python);
    return marker !== null;
  };

  return {
    ...belongings,
    name: EXECUTOR_NAME,
    capabilities: () => ({
      memoryLimit: controlGroups.holds.includes('memory'),
      isolated: isolation?.kind === 'sandbox',
      localData: true,
      interactive: isolation?.kind === 'sandbox' && options.pastaPath !== null,
    }),
    readMachine: async () => readOwnMachine(),
    probe: () => probeMachine({ ...options, isolation, limits: controlGroups.detail }),
    async buildEnvironment(spec, onLine, signal) {
      const searchPath = options.searchPath ?? DEFAULT_SEARCH_PATH;
      const required = { ...options, isolation: requireIsolation(isolation) };
      const network = planNetwork(required, { kind: 'build' });
      const location = await buildEnvironment(
        { ...required, controlGroups, searchPath, faultPoints, network },
        spec,
        onLine,
        signal,
      );
      await findEnvironment(location);
      return location;
    },
    hasEnvironment: findEnvironment,
    async removeEnvironment(location) {
      await compileQueue?.abandon(location);
      await removeEnvironment(dataDir, location, faultPoints);
    },
    measureEnvironment: (location) => measureEnvironment(dataDir, location),
    listCaches: () => listCaches(dataDir),
    removeCache: (organizationId) => removeCache(dataDir, organizationId),
    listStoredPackages: () => packageStore.list(),
    removeStoredPackages: (ids) => packageStore.remove(ids),
    start,
    async redirect(handle, notice) {
      const verdict = judgePlace(handle, readPlace(), dataDir);
      if (verdict.place !== 'here') return;
      const { redirectFile } = locateAttemptFolder(dataDir, verdict.data.attemptId);
      // Without its folder the attempt no longer exists, which `inspect` reports.
      await writeFileAtomically(redirectFile, notice, 0o600).catch(ignoreMissingFolder);
    },
    async connect(handle, port) {
      const verdict = judgePlace(handle, readPlace(), dataDir);
      if (verdict.place === 'elsewhere') throw new ExecutorError('backend', verdict.detail);
      checkAppPort(port);
      const { path } = locateAttemptFolder(dataDir, verdict.data.attemptId);
      return connectToAttempt(path, port).catch((error: unknown) => {
        throw new ExecutorError('backend', describeRefusal(error), { cause: error });
      });
    },
    async takeSnapshot(place, isUntouched, extent) {
      checkPlace(place);
      return takeSnapshot({ ...options, isolation: requireIsolation(isolation) }, place, isUntouched, extent);
    },
    async refreshCopy(handle, place) {
      checkPlace(place);
      const inspection = await inspect(handle);
      const verdict = judgePlace(handle, readPlace(), dataDir);
      if (verdict.place === 'elsewhere') throw new ExecutorError('backend', verdict.detail);
      if (inspection.state !== 'running') throw new ExecutorError('backend', 'The attempt does not run.');
      const { localDataCopy } = locateAttemptFolder(dataDir, verdict.data.attemptId);
      await requireCopy(localDataCopy);
      await copySnapshot({ ...options, isolation: requireIsolation(isolation) }, place, localDataCopy);
    },
    inspect,
    stop,
    remove,
    async list() {
      const ids = await listAttemptIds(dataDir);
      const listed = await Promise.all(ids.map((id) => describeAttempt(dataDir, id, options.installationId)));
      return listed.filter((attempt) => attempt !== null);
    },
    async readSpool(handle, offset, maxBytes) {
      const verdict = judgePlace(handle, readPlace(), dataDir);
      if (verdict.place === 'elsewhere') return null;
      const folder = locateAttemptFolder(dataDir, verdict.data.attemptId);
      return readRegularFile(folder.spool, { offset, maxBytes });
    },
  };
}

async function removeControlGroup(folder: AttemptFolder): Promise<void> {
  try {
    await removeGroup((await readAttemptRecord(folder))?.controlGroup ?? []);
  } catch (error) {
    throw new ExecutorError('backend', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

/** The ingress socket exists as long as an attempt with an isolated network runs. */
function describeRefusal(error: unknown): string {
  if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ECONNREFUSED'))
    return 'The attempt does not run, or has no isolated network.';
  return error instanceof Error ? error.message : String(error);
}

function ignoreMissingFolder(error: unknown): void {
  if (!isErrorCode(error, 'ENOENT')) throw error;
}

function requireIsolation(isolation: Isolation | null): Isolation {
  if (isolation !== null) return isolation;
  throw new ExecutorError(
    'config',
    'bubblewrap is not installed and runs without isolation are not allowed on this server.',
  );
}

/**
 * Finds the bootstrap named by a handle, or the one that wrote its process record after the handle was
 * created.
 */
async function locateAttempt(
  data: HandleData,
  folder: AttemptFolder,
): Promise<{ marks: AttemptMarks; bootstrap: ProcessIdentity | null }> {
  const stored =
    data.pid === null || data.startTime === null
      ? null
      : { bootId: data.bootId, pid: data.pid, startTime: data.startTime };
  const bootstrap = stored ?? (await readBootstrapIdentity(folder));
  const bootstrapPid = bootstrap !== null && isProcessAlive(bootstrap) ? bootstrap.pid : null;
  const startTime = bootstrap?.startTime ?? null;
  const controlGroup = (await readAttemptRecord(folder))?.controlGroup ?? [];
  return {
    marks: { attemptId: data.attemptId, startFile: folder.startFile, bootstrapPid, startTime, controlGroup },
    bootstrap,
  };
}

async function readBootstrapIdentity(folder: AttemptFolder): Promise<ProcessIdentity | null> {
  const record = await readProcessRecord(folder);
  return record === null ? null : { bootId: record.boot_id, pid: record.pid, startTime: record.start_time };
}

async function describeAttempt(
  dataDir: string,
  attemptId: string,
  installationId: string,
): Promise<ListedAttempt | null> {
  if (!isSafeName(attemptId)) return null;
  const folder = locateAttemptFolder(dataDir, attemptId);
  const record = await readAttemptRecord(folder);
  if (record === null || record.attemptId !== attemptId || record.installationId !== installationId)
    return null;
  const handle = buildHandle(record, await readProcessRecord(folder), folder.path);
  return { attemptId, jobRunId: record.jobRunId, handle };
}
