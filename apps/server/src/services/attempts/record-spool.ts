import type { AttemptRecord, SpoolUpdate } from '../../store/records.ts';
import type { AttemptLog, PreparedLines } from '../logs/attempt-log.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { FinishRun } from '../runs/finish-run.ts';
import type { IngestTelemetry } from '../telemetry/ingest-telemetry.ts';
import type { JobVersions } from '../jobs/job-versions.ts';
import type { InstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { SpoolRecord } from '../../domain/attempts/spool-record.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { addWait } from '../../domain/attempts/attempt-waits.ts';
import { outcomeOfExit, readRunTerms } from '../../domain/runs/run-outcome.ts';
import { parseSpoolRecord } from '../../domain/attempts/spool-record.ts';
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
  persistence: Persistence<'attempts' | 'jobRuns' | 'logChunks' | 'telemetry'>;
  jobVersions: JobVersions;
  attemptLog: AttemptLog;
  blobs: BlobStore;
  finishRun: FinishRun;
  ingestTelemetry: IngestTelemetry;
  instanceSizes: InstanceSizes;
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
  const { persistence, attemptLog, blobs, finishRun, ingestTelemetry, faultPoints } = dependencies;

  /** The rows of attempts after their last chunk, as far as this server knows. */
  const latest = new LRUCache<string, AttemptRecord>({ max: maxLatest });

  /**
   * Stores a chunk that continues what this server has stored last, in one statement: its conditions fail if
   * the row has changed since.
   */
  async function storeNext(
    tx: Pick<Store, 'attempts' | 'logChunks'>,
    before: AttemptRecord,
    complete: Uint8Array,
  ): Promise<AttemptRecord | null> {
    const records = splitRecords(complete);
    // Beacons are stored before the row of the attempt, so they need its lock.
    if (records.some(({ kind }) => kind === 'beacon')) return null;
    const { lines, ...found } = collectRecords(before, records);
    const update = { spoolOffset: before.spoolOffset + complete.length, ...found, ...lines.progress };
    if (!(await tx.attempts.saveNextSpool(before, update))) return null;
    await lines.write(tx);
    return afterUpdate(before, update);
  }

  async function store(
    attemptId: string,
    { offset, chunk, isSent }: Chunk,
    before: AttemptRecord | undefined,
  ): Promise<{ attempt: AttemptRecord; hasBeacons: boolean }> {
    return persistence.transaction(async (tx) => {
      if (before?.spoolOffset === offset) {
        const complete = wholeRecords(chunk);
        const attempt = complete.length > 0 && (await storeNext(tx, before, complete));
        if (attempt) return { attempt, hasBeacons: false };
      }
      const attempt = await tx.attempts.lock(attemptId);
      if (!attempt) throw new ServiceError('not_found', 'There is no such attempt.');
      if (isSent && attempt.closedAt !== null && offset + chunk.length > attempt.spoolOffset)
        throw attemptClosed();
      if (offset > attempt.spoolOffset) {
        throw new ServiceError(
          'spool_gap',
          `The spool is stored up to byte ${attempt.spoolOffset}; send from there.`,
          {
            offset: attempt.spoolOffset,
          },
        );
      }
      const complete = wholeRecords(chunk.subarray(attempt.spoolOffset - offset));
      if (complete.length === 0) return { attempt, hasBeacons: false };
      const { lines, beacons, ...found } = collectRecords(attempt, splitRecords(complete));
      for (const [index, beacon] of beacons.entries())
        await storeBeacon(tx, attempt.id, attempt.beaconCount + index, beacon);
      const update = { spoolOffset: attempt.spoolOffset + complete.length, ...found, ...lines.progress };
      await tx.attempts.saveSpool(attemptId, update);
      await lines.write(tx);
      return { attempt: afterUpdate(attempt, update), hasBeacons: beacons.length > 0 };
    });
  }

  /** Sorts records: for the attempt's row, for its log after the row is updated, and beacons. */
  function collectRecords(attempt: AttemptRecord, records: readonly SpoolRecord[]): FoundInSpool {
    const lines: UnnumberedLogLine[] = [];
    const beacons: Beacon[] = [];
    let { beaconCount, beaconBytes, waits } = attempt;
    let startedAt: Date | null = null;
    let exit: SpoolUpdate['exit'] = null;
    for (const record of records) {
      if (record.kind === 'log') lines.push(record.line);
      else if (record.kind === 'started') startedAt ??= record.at;
      else if (record.kind === 'waiting') waits = addWait(waits, record);
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
      lines: attemptLog.prepare(attempt.id, attempt, kept),
    };
  }

  async function storeBeacon(
    tx: Pick<Store, 'telemetry'>,
    attemptId: string,
    number: number,
    record: Beacon,
  ) {
    const blobKey = `beacons/${attemptId}/${number}.json`;
    await blobs.put(blobKey, record.body);
    await tx.telemetry.addBody({
      attemptId,
      number,
      kind: record.type,
      sizeBytes: record.body.length,
      blobKey,
      receivedAt: record.at,
    });
    await faultPoints.reach('beacon-received');
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
    if (attempt.beaconCount > 0) await ingestTelemetry.ofAttempt(attemptId);
    const version = await dependencies.jobVersions.get(run.jobVersionId);
    const terms = readRunTerms(version, dependencies.instanceSizes);
    const outcome = outcomeOfExit(run, attempt.exit, terms);
    await finishRun(run.id, outcome, { attemptId, run });
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
}

type Beacon = SpoolRecord & { kind: 'beacon' };

type EndedAttempt = Pick<AttemptRecord, 'id' | 'jobRunId' | 'beaconCount' | 'exit' | 'closedAt'>;

/** The row of an attempt once an update of its spool is stored. */
function afterUpdate(
  before: AttemptRecord,
  { exit, startedAt, waits, ...progress }: SpoolUpdate,
): AttemptRecord {
  return {
    ...before,
    ...progress,
    waits: waits ?? before.waits,
    startedAt: before.startedAt ?? startedAt,
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

function attemptClosed(): ServiceError {
  return new ServiceError(
    'attempt_closed',
    'This attempt has ended, and no more records of it are accepted.',
  );
}

const newline = 0x0a;
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
