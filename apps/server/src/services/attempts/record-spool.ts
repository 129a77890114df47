import type { AttemptRecord, JobRunRecord, SpoolUpdate } from '../../store/records.ts';
import type { AttemptLog, PreparedLines } from '../logs/attempt-log.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { CheckAttempt } from '../pipelines/check-attempt.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { FinishRun } from '../runs/finish-run.ts';
import type { IngestTelemetry } from '../telemetry/ingest-telemetry.ts';
import type { JobVersions } from '../jobs/job-versions.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { InstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { PendingLimits, PendingReport } from '../../domain/pipelines/pending-packages.ts';
import type { RepairMaskedNames } from '../telemetry/repair-masked-names.ts';
import type { RepeatedLoad } from '../../domain/pipelines/repeated-loads.ts';
import type { SpoolRecord } from '../../domain/attempts/spool-record.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { createBeaconBlobs, type Beacon } from './beacon-blobs.ts';
import { addWait } from '../../domain/attempts/attempt-waits.ts';
import { describeMissedChecks, listMissed } from '../../domain/pipelines/evaluate-checks.ts';
import { outcomeOfExit, readRunTerms, type RunOutcome } from '../../domain/runs/run-outcome.ts';
import { parseSpoolRecord } from '../../domain/attempts/spool-record.ts';
import { isEmptyReport } from '../../domain/pipelines/pending-packages.ts';
import { keptDays, recordPending } from '../pipelines/record-pending.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { LRUCache } from 'lru-cache';

/**
 * Limits for the stored output of one attempt: user code decides how much it writes, not how much is kept.
 */
export const attemptLimits = {
  logBytes: 500 * 1024 * 1024,
  beaconBytes: 200 * 1024 * 1024,
  lineBytes: 64 * 1024,
} as const;

export interface RecordSpoolDependencies {
  persistence: Persistence<
    | 'attempts'
    | 'jobRuns'
    | 'logChunks'
    | 'pendingPackages'
    | 'pipelineFolders'
    | 'repeatedLoads'
    | 'telemetry'
  >;
  jobVersions: JobVersions;
  checkAttempt: CheckAttempt;
  attemptLog: AttemptLog;
  blobs: BlobStore;
  finishRun: FinishRun;
  ingestTelemetry: IngestTelemetry;
  repairMaskedNames: RepairMaskedNames;
  instanceSizes: InstanceSizes;
  pendingLimits: PendingLimits;
  instruments: Instruments;
  faultPoints: FaultPoints;
}

export type RecordSpool = ReturnType<typeof createRecordSpool>;

/**
 * Stores the output of attempts. Chunks are whole records at an offset in the spool, so a repeated chunk
 * changes nothing, and a chunk after a gap is rejected with the offset to continue from. After the exit
 * record is stored, the run is finished. After a crash between the two, the repeated chunk or the supervisor
 * finishes it.
 */
export function createRecordSpool(dependencies: RecordSpoolDependencies) {
  const { persistence, attemptLog, finishRun, ingestTelemetry, pendingLimits, faultPoints } = dependencies;
  const beaconBlobs = createBeaconBlobs(dependencies);

  /** The rows of attempts after their last chunk, as far as this server knows. */
  const latest = new LRUCache<string, AttemptRecord>({ max: maxLatest });

  async function findAttempt(attemptId: string): Promise<AttemptRecord> {
    const attempt = await persistence.store.attempts.get(attemptId);
    if (!attempt) throw new ServiceError('not_found', 'There is no such attempt.');
    return attempt;
  }

  async function store(attemptId: string, chunk: Chunk, known: AttemptRecord | undefined): Promise<Stored> {
    if (known?.spoolOffset === chunk.offset) {
      const stored = await storeAfter(known, chunk);
      if (stored) return stored;
    }
    // Repeated only if another caller has stored a part of the log or of the spool meanwhile.
    for (;;) {
      const stored = await storeAfter(await findAttempt(attemptId), chunk);
      if (stored) return stored;
    }
  }

  /**
   * Stores the part of a chunk that follows what is stored.
   * @param before the row as it was read
   * @returns null if the row has changed since
   */
  async function storeAfter(before: AttemptRecord, sent: Chunk): Promise<Stored | null> {
    requireContinuation(before, sent);
    const complete = wholeRecords(sent.chunk.subarray(before.spoolOffset - sent.offset));
    if (complete.length === 0) return { attempt: before, hasBeacons: false };
    const { lines, beacons, pending, repeatedLoads, ...found } = collectRecords(
      before,
      splitRecords(complete),
    );
    const update = { spoolOffset: before.spoolOffset + complete.length, ...found, ...lines.progress };
    const written = await beaconBlobs.write(before, beacons);
    const isStored = await persistence.transaction(async (tx) => {
      const saved = await saveProgress(tx, before, update, pending);
      if (!saved) return false;
      if (written) {
        await faultPoints.reach('beacon-received');
        // A statement: it fails if the lock was lost meanwhile, and then no line is written.
        await beaconBlobs.name(tx, before.id, written);
      }
      if (pending && (saved.hasUnsettled || !isEmptyReport(pending)))
        await recordPending(tx, before.id, pending, pendingLimits);
      for (const load of repeatedLoads) await tx.repeatedLoads.save(before.id, load);
      await lines.write(tx);
      return true;
    });
    if (!isStored) return null;
    countStored(dependencies.instruments, before, update);
    return { attempt: afterUpdate(before, update), hasBeacons: beacons.length > 0 };
  }

  /** @returns undefined if the row has changed */
  async function saveProgress(
    tx: Pick<Store, 'attempts'>,
    before: AttemptRecord,
    update: SpoolUpdate,
    pending: PendingReport | null,
  ): Promise<{ hasUnsettled: boolean } | undefined> {
    if (!before.closedAt && !before.logSealed)
      return tx.attempts.saveNextSpool(before, update, pending && keptDays);
    const attempt = await tx.attempts.lock(before.id);
    if (attempt?.spoolOffset !== before.spoolOffset || attempt.logBytes !== before.logBytes) return undefined;
    await tx.attempts.saveSpool(before.id, update);
    return { hasUnsettled: true };
  }

  /** Sorts records: for the attempt's row, for its log after the row is updated, and beacons. */
  function collectRecords(attempt: AttemptRecord, records: readonly SpoolRecord[]): FoundInSpool {
    const lines: UnnumberedLogLine[] = [];
    const beacons: Beacon[] = [];
    const repeatedLoads: RepeatedLoad[] = [];
    let { beaconCount, beaconBytes, waits } = attempt;
    let startedAt: Date | null = null;
    let exit: SpoolUpdate['exit'] = null;
    let pending: PendingReport | null = null;
    let usage: SpoolUpdate['usage'] = null;
    let plainStart: SpoolUpdate['plainStart'] = null;
    let hasOutput = false;
    for (const record of records) {
      if (record.kind === 'log') {
        lines.push(record.line);
        hasOutput ||= record.line.source === 'user';
        if (record.repeatedLoad) repeatedLoads.push(record.repeatedLoad);
        plainStart ??= record.plainStart ?? null;
      } else if (record.kind === 'started') startedAt ??= record.at;
      else if (record.kind === 'waiting') waits = addWait(waits, record);
      else if (record.kind === 'pending') pending = record.report;
      else if (record.kind === 'usage') usage = record.usage;
      else if (record.kind === 'exit') exit ??= { record: record.exit, at: record.at };
      else if (record.kind === 'unreadable')
        lines.push(runnerLine(`A record of this run could not be read: ${record.detail}.`, new Date()));
      else if (beaconBytes + record.body.length <= attemptLimits.beaconBytes) {
        beacons.push(record);
        beaconCount += 1;
        beaconBytes += record.body.length;
      }
    }
    // The bootstrap stops at the limit and notes it; this check is for one that does not. A sealed log, of a
    // run that has ended, drops lines: rejecting the record would only make the attempt resend it.
    const isFull = attempt.logSealed || attempt.logBytes > attemptLimits.logBytes * 1.1;
    const kept = isFull ? [] : lines;
    return {
      beacons,
      beaconCount,
      beaconBytes,
      waits: waits === attempt.waits ? null : waits,
      startedAt,
      exit,
      pending,
      repeatedLoads,
      usage,
      plainStart,
      hasOutput,
      lines: attemptLog.prepare(attempt.id, attempt, kept),
    };
  }

  /** Ends the run of an attempt with a stored exit, or schedules a retry. Idempotent. */
  async function finishIfExited(attemptId: string): Promise<void> {
    const attempt = await persistence.store.attempts.get(attemptId);
    if (attempt) await finish(attempt);
  }

  async function finish(attempt: EndedAttempt): Promise<void> {
    if (!attempt.exit || attempt.closedAt) return;
    const attemptId = attempt.id;
    const run = await persistence.store.jobRuns.find(attempt.jobRunId);
    if (!run || run.finishedAt) return;
    await faultPoints.reach('between-exit-and-finish');
    if (attempt.beaconCount > 0) {
      await ingestTelemetry.ofAttempt(attemptId);
      await dependencies.repairMaskedNames({ attemptId, workspaceId: run.workspaceId, jobId: run.jobId });
    }
    const version = await dependencies.jobVersions.get(run.jobVersionId);
    const terms = readRunTerms(version, dependencies.instanceSizes);
    const outcome = outcomeOfExit(run, attempt.exit, terms);
    const missed = await findMissedChecks(attemptId, run, outcome);
    await finishRun(run.id, missed ?? outcome, { attemptId, run });
  }

  /**
   * Evaluates the checks of an attempt that has ended. A run that completed fails if its data is not what the
   * configuration expects and demands, so that no other job follows it.
   */
  async function findMissedChecks(
    attemptId: string,
    run: JobRunRecord,
    { status }: RunOutcome,
  ): Promise<RunOutcome | null> {
    const isCompleted = status === 'completed';
    const checked = await dependencies.checkAttempt({ attemptId, run, isCompleted });
    if (!isCompleted) return null;
    const demanded = checked.flatMap(({ pipelineName, checks }) =>
      checks.onFailure === 'fail' && listMissed(checks.results).length > 0
        ? [describeMissedChecks(pipelineName, checks)]
        : [],
    );
    if (demanded.length === 0) return null;
    const detail = demanded.join(' ');
    return { status: 'failed', failure: { code: 'check_failed', detail: detail.slice(0, maxDetailLength) } };
  }

  async function record(attemptId: string, chunk: Chunk): Promise<{ offset: number }> {
    const before = latest.get(attemptId);
    latest.delete(attemptId);
    const { attempt, hasBeacons } = await store(attemptId, chunk, before);
    if (!attempt.exit && !attempt.closedAt) latest.set(attemptId, attempt);
    // The end of the run is announced by the function that ends it.
    attemptLog.announceLines(attempt.jobRunId);
    if (hasBeacons) await ingestTelemetry.ofAttempt(attemptId);
    await finish(attempt);
    return { offset: attempt.spoolOffset };
  }

  return {
    finishIfExited,
    /** Stores a chunk that was read from the attempt's folder. */
    record: (attemptId: string, offset: number, chunk: Uint8Array) =>
      record(attemptId, { offset, chunk, isSent: false }),
    /**
     * Stores a chunk that the attempt sent. Once the attempt is closed, new chunks are rejected; a repeated
     * chunk, whose response was lost, is acknowledged again.
     * @throws ServiceError attempt_closed
     */
    take: (attemptId: string, offset: number, chunk: Uint8Array) =>
      record(attemptId, { offset, chunk, isSent: true }),
  };
}

/** What a chunk brings for the attempt's row and its log. */
interface FoundInSpool extends Omit<SpoolUpdate, 'spoolOffset' | 'logBytes' | 'logLines'> {
  lines: PreparedLines;
  beacons: readonly Beacon[];
  /** The last report of pending packages. */
  pending: PendingReport | null;
  repeatedLoads: readonly RepeatedLoad[];
}

function countStored(instruments: Instruments, before: AttemptRecord, update: SpoolUpdate): void {
  const lines = update.logLines - before.logLines;
  if (lines > 0) instruments.logStored(lines, update.logBytes - before.logBytes);
  const bodies = update.beaconCount - before.beaconCount;
  if (bodies > 0) instruments.telemetryStored(bodies, update.beaconBytes - before.beaconBytes);
}

interface Stored {
  attempt: AttemptRecord;
  hasBeacons: boolean;
}

type EndedAttempt = Pick<AttemptRecord, 'id' | 'jobRunId' | 'beaconCount' | 'exit' | 'closedAt'>;

/** The row of an attempt once an update of its spool is stored. */
function afterUpdate(before: AttemptRecord, update: SpoolUpdate): AttemptRecord {
  const { exit, startedAt } = update;
  return {
    ...before,
    spoolOffset: update.spoolOffset,
    logBytes: update.logBytes,
    logLines: update.logLines,
    beaconCount: update.beaconCount,
    beaconBytes: update.beaconBytes,
    waits: update.waits ?? before.waits,
    lastOutputAt: update.hasOutput ? new Date() : before.lastOutputAt,
    startedAt: before.startedAt ?? startedAt,
    plainStart: before.plainStart ?? update.plainStart,
    exit: before.exit ?? exit?.record ?? null,
    finishedAt: before.exit ? before.finishedAt : (exit?.at ?? before.finishedAt),
  };
}

interface Chunk {
  offset: number;
  chunk: Uint8Array;
  /** Sent by the attempt itself. */
  isSent: boolean;
}

/** @throws ServiceError attempt_closed, spool_gap */
function requireContinuation(
  { spoolOffset, closedAt }: AttemptRecord,
  { offset, chunk, isSent }: Chunk,
): void {
  if (isSent && closedAt !== null && offset + chunk.length > spoolOffset) throw attemptClosed();
  if (offset > spoolOffset)
    throw new ServiceError('spool_gap', `The spool is stored up to byte ${spoolOffset}; send from there.`, {
      offset: spoolOffset,
    });
}

function attemptClosed(): ServiceError {
  return new ServiceError(
    'attempt_closed',
    'This attempt has ended, and no more records of it are accepted.',
  );
}

const newline = 0x0a;
const maxDetailLength = 4096;
/** More than a server drives at once. */
const maxLatest = 500;
const decoder = new TextDecoder();

const wholeRecords = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.lastIndexOf(newline) + 1);

function splitRecords(bytes: Uint8Array): SpoolRecord[] {
  return decoder
    .decode(bytes)
    .split('\n')
    .filter((line) => line !== '')
    .map(parseSpoolRecord);
}
