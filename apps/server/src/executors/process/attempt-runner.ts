import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptInspection, AttemptRunner, ListedAttempt } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import {
  listAttemptIds,
  locateAttemptFolder,
  readAttemptRecord,
  readExitDetails,
  readForkedRecord,
  readProcessRecord,
  readRegularFile,
  removeAttemptFolder,
  type AttemptFolder,
} from './attempt-folder.ts';
import {
  buildHandle,
  EXECUTOR_NAME,
  deriveHandleLocation,
  readServerLocation,
  requireVisible,
  type HandleData,
} from './attempt-location.ts';
import { findAttemptProcesses, killAttempt, type AttemptMarks } from './attempt-processes.ts';
import { startAttempt } from './attempt-start.ts';
import { stopAttempt } from './attempt-stop.ts';
import { removeGroup } from './control-groups.ts';
import { findObstacle } from './find-obstacle.ts';
import { createForkServer } from './fork-server.ts';
import { requireIsolation, type ProcessBackend } from './process-backend.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import { isProcessAlive, type ProcessIdentity } from '../../platform/process-identity.ts';
import { isSafeName } from '../safe-name.ts';
import type { Templates } from './templates/templates.ts';
import { LRUCache } from 'lru-cache';
import { shareStarts } from '../share-starts.ts';
import { writeWholeFile } from '../../platform/write-whole-file.ts';

/** More than end between the look at an attempt and its removal. */
const maxGone = 500;

/** Runs attempts as processes, each under a bootstrap that outlives the server. */
export function createAttemptRunner(backend: ProcessBackend, templates: Templates | null): AttemptRunner {
  const { dataDir, installationId, faultPoints, log } = backend;
  const forkServer = createForkServer(backend, log);
  /** Attempts without any process. None follows, because only a bootstrap starts processes of an attempt. */
  const gone = new LRUCache<string, true>({ max: maxGone });

  const start = shareStarts(async (spec) => {
    gone.delete(spec.attemptId);
    const obstacle = await findObstacle(backend);
    if (obstacle !== null) throw new ExecutorError('backend', obstacle);
    return startAttempt({ ...requireIsolation(backend), templates, forkServer }, spec);
  });

  const inspect = async (handle: AttemptHandle): Promise<AttemptInspection> => {
    const found = deriveHandleLocation(handle, readServerLocation(), dataDir);
    if (found.location === 'elsewhere') return { state: 'unknown', detail: found.detail };
    const folder = locateAttemptFolder(dataDir, found.data.attemptId);
    if (found.location === 'here' && !gone.has(found.data.attemptId)) {
      const bootstrap = await findBootstrap(found.data, folder);
      if (bootstrap !== null && isProcessAlive(bootstrap)) return { state: 'running' };
      const marks = await readMarks(found.data, folder, bootstrap);
      if (bootstrap === null && (await findAttemptProcesses(marks)).length > 0) return { state: 'running' };
      await endRemains(marks);
      if (bootstrap !== null) gone.set(found.data.attemptId, true);
    }
    const exit = await readExitDetails(folder);
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

  return {
    name: EXECUTOR_NAME,
    start,
    async redirect(handle, notice) {
      const found = deriveHandleLocation(handle, readServerLocation(), dataDir);
      if (found.location !== 'here') return;
      const { redirectFile } = locateAttemptFolder(dataDir, found.data.attemptId);
      // Without its folder the attempt no longer exists, which `inspect` reports.
      await writeWholeFile(redirectFile, notice, 0o600).catch(ignoreMissingFolder);
    },
    inspect,
    async stop(handle, { graceSeconds }) {
      const { location: scope, data } = requireVisible(handle, dataDir);
      if (scope === 'earlier-boot') return;
      const folder = locateAttemptFolder(dataDir, data.attemptId);
      const bootstrap = await findBootstrap(data, folder);
      await stopAttempt(await readMarks(data, folder, bootstrap), bootstrap, graceSeconds);
    },
    async remove(handle) {
      const { attemptId } = requireVisible(handle, dataDir).data;
      if ((await inspect(handle)).state === 'running')
        throw new ExecutorError('backend', 'A running attempt cannot be removed: stop it first.');
      const folder = locateAttemptFolder(dataDir, attemptId);
      // Remove the group before the record that names it.
      await removeControlGroup(folder);
      await removeAttemptFolder(folder, faultPoints);
    },
    async list() {
      const ids = await listAttemptIds(dataDir);
      const listed = await Promise.all(ids.map((id) => describeAttempt(dataDir, id, installationId)));
      return listed.filter((attempt) => attempt !== null);
    },
    async readSpool(handle, offset, maxBytes) {
      const found = deriveHandleLocation(handle, readServerLocation(), dataDir);
      if (found.location === 'elsewhere') return null;
      const folder = locateAttemptFolder(dataDir, found.data.attemptId);
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

function ignoreMissingFolder(error: unknown): void {
  if (!isErrorCode(error, 'ENOENT')) throw error;
}

/**
 * Finds the bootstrap named by a handle, or the one that wrote its process record after the handle was
 * created.
 */
async function findBootstrap(data: HandleData, folder: AttemptFolder): Promise<ProcessIdentity | null> {
  if (data.pid === null || data.startTime === null) return readBootstrapIdentity(folder);
  return { bootId: data.bootId, pid: data.pid, startTime: data.startTime };
}

/** By what the processes of an attempt are found. */
async function readMarks(
  { attemptId }: HandleData,
  folder: AttemptFolder,
  bootstrap: ProcessIdentity | null,
): Promise<AttemptMarks> {
  const forked = await readForkedRecord(folder);
  return {
    attemptId,
    startFile: folder.startFile,
    bootstrapPid: bootstrap !== null && isProcessAlive(bootstrap) ? bootstrap.pid : null,
    startTime: bootstrap?.startTime ?? null,
    forked: forked === null ? null : { pid: forked.pid, startTime: forked.start_time },
    controlGroup: (await readAttemptRecord(folder))?.controlGroup ?? [],
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
