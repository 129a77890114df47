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

/**
 * Limits for the stored output of one attempt: user code decides how much it writes, not how much is kept.
 */
export const attemptLimits = {
  logBytes: 500 * 1024 * 1024,
  beaconBytes: 200 * 1024 * 1024,
  lineBytes: 64 * 1024,
} as const;

export interface RecordSpoolDependencies {
  persistence: Persistence<'attempts' | 'jobRuns' | 'telemetry'>;
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

  async function store(attemptId: string, { offset, chunk, isSent }: Chunk) {
    return persistence.transaction(async (tx) => {
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
      const fresh = chunk.subarray(attempt.spoolOffset - offset);
      const complete = fresh.subarray(0, fresh.lastIndexOf(newline) + 1);
      if (complete.length === 0)
        return {
          attempt,
          storedOffset: attempt.spoolOffset,
          hasBeacons: false,
          hasExit: attempt.exit !== null,
        };
      const records = splitRecords(complete);
      const { lines, ...found } = await storeRecords(tx, attempt, records);
      const storedOffset = attempt.spoolOffset + complete.length;
      await tx.attempts.saveSpool(attemptId, { spoolOffset: storedOffset, ...found, ...lines.progress });
      await lines.write();
      return {
        attempt,
        storedOffset,
        hasBeacons: found.beaconCount > attempt.beaconCount,
        hasExit: attempt.exit !== null || found.exit !== null,
      };
    });
  }

  /** Stores beacons; the rest is for the attempt's row, and for its log after the row is updated. */
  async function storeRecords(
    tx: Pick<Store, 'telemetry'>,
    attempt: AttemptRecord,
    records: readonly SpoolRecord[],
  ): Promise<FoundInSpool> {
    const lines: UnnumberedLogLine[] = [];
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
        await storeBeacon(tx, attempt.id, beaconCount, record);
        beaconCount += 1;
        beaconBytes += record.body.length;
      }
    }
    // The bootstrap stops at the limit and notes it; this check is for one that does not. A sealed log, of a
    // run that has ended, drops lines: rejecting the record would only make the attempt resend it.
    const isFull = attempt.logSealed || attempt.logBytes > attemptLimits.logBytes * 1.1;
    const kept = isFull ? [] : lines;
    return {
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
    record: SpoolRecord & { kind: 'beacon' },
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
    if (!attempt?.exit || attempt.closedAt) return;
    const run = await persistence.store.jobRuns.find(attempt.jobRunId);
    if (!run || run.finishedAt) return;
    await faultPoints.reach('between-exit-and-finish');
    if (attempt.beaconCount > 0) await ingestTelemetry.ofAttempt(attemptId);
    const version = await dependencies.jobVersions.get(run.jobVersionId);
    const terms = readRunTerms(version, dependencies.instanceSizes);
    const outcome = outcomeOfExit(run, attempt.exit, terms);
    await finishRun(run.id, outcome, { attemptId });
  }

  async function record(attemptId: string, chunk: Chunk): Promise<{ offset: number }> {
    const { attempt, storedOffset, hasBeacons, hasExit } = await store(attemptId, chunk);
    // The end of the run is announced by the function that ends it.
    attemptLog.announceLines(attempt.jobRunId);
    if (hasBeacons) await ingestTelemetry.ofAttempt(attemptId);
    if (hasExit) await finishIfExited(attemptId);
    return { offset: storedOffset };
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
const decoder = new TextDecoder();

function splitRecords(bytes: Uint8Array): SpoolRecord[] {
  return decoder
    .decode(bytes)
    .split('\n')
    .filter((line) => line !== '')
    .map(parseSpoolRecord);
}
