import type { AttemptRecord, SpoolProgress } from '../../store/records.ts';
import type { AttemptLog, PreparedLines } from '../logs/attempt-log.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { FinishRun } from '../runs/finish-run.ts';
import type { IngestTelemetry } from '../telemetry/ingest-telemetry.ts';
import type { InstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { SpoolRecord } from '../../domain/attempts/spool-record.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { outcomeOfExit, readRunTerms } from '../../domain/runs/run-outcome.ts';
import { parseSpoolRecord } from '../../domain/attempts/spool-record.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** What one attempt may leave behind; user code decides how much it says, not how much we keep. */
export const attemptLimits = {
  logBytes: 500 * 1024 * 1024,
  beaconBytes: 200 * 1024 * 1024,
  lineBytes: 64 * 1024,
} as const;

export interface RecordSpoolDependencies {
  persistence: Persistence;
  attemptLog: AttemptLog;
  blobs: BlobStore;
  finishRun: FinishRun;
  ingestTelemetry: IngestTelemetry;
  instanceSizes: InstanceSizes;
  faultPoints: FaultPoints;
}

export type RecordSpool = ReturnType<typeof createRecordSpool>;

/**
 * Stores what an attempt said. Chunks are whole records addressed by their offset in the spool, so a repeated chunk changes nothing
 * and a gap is refused with the offset to go on from. When the exit record is stored the run is finished; a crash between the two is
 * mended by whoever sees the repeated chunk, or by the supervisor.
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
      if (complete.length === 0) return { attempt, storedOffset: attempt.spoolOffset, hasBeacons: false };
      const records = splitRecords(complete);
      const { lines, ...beacons } = await storeRecords(tx, attempt, records);
      const storedOffset = attempt.spoolOffset + complete.length;
      await tx.attempts.saveProgress(attemptId, {
        spoolOffset: storedOffset,
        ...beacons,
        ...lines.progress,
      });
      await lines.write();
      return { attempt, storedOffset, hasBeacons: beacons.beaconCount > attempt.beaconCount };
    });
  }

  /** Stores all but the lines, which are written when the row knows of them. */
  async function storeRecords(
    tx: Store,
    attempt: AttemptRecord,
    records: readonly SpoolRecord[],
  ): Promise<Pick<SpoolProgress, 'beaconCount' | 'beaconBytes'> & { lines: PreparedLines }> {
    const lines: UnnumberedLogLine[] = [];
    let { beaconCount, beaconBytes } = attempt;
    for (const record of records) {
      if (record.kind === 'log') lines.push(record.line);
      else if (record.kind === 'started') await tx.attempts.saveStarted(attempt.id, record.at);
      else if (record.kind === 'exit') await tx.attempts.saveExit(attempt.id, record.exit, record.at);
      else if (record.kind === 'unreadable')
        lines.push(runnerLine(`A record of this run could not be read: ${record.detail}.`, new Date()));
      else if (beaconBytes + record.body.length <= attemptLimits.beaconBytes) {
        await storeBeacon(tx, attempt.id, beaconCount, record);
        beaconCount += 1;
        beaconBytes += record.body.length;
      }
    }
    // The bootstrap stops at the limit and says so; this is for one that does not. And a sealed log, of a run that is over, takes no
    // line: to refuse the record would only have it sent again.
    const isFull = attempt.logSealed || attempt.logBytes > attemptLimits.logBytes * 1.1;
    const kept = isFull ? [] : lines;
    return { beaconCount, beaconBytes, lines: attemptLog.prepare(attempt.id, attempt, kept) };
  }

  async function storeBeacon(
    tx: Store,
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

  /** Ends the run of an attempt whose exit is stored, or has it tried again; harmless when that was done. */
  async function finishIfExited(attemptId: string): Promise<void> {
    const attempt = await persistence.store.attempts.get(attemptId);
    if (!attempt?.exit || attempt.closedAt) return;
    const run = await persistence.store.jobRuns.find(attempt.jobRunId);
    if (!run || run.finishedAt) return;
    await faultPoints.reach('between-exit-and-finish');
    await ingestTelemetry.ofAttempt(attemptId);
    const [version] = await persistence.store.jobs.getVersions([run.jobVersionId]);
    if (!version) throw new Error(`Job version ${run.jobVersionId} does not exist`);
    const terms = readRunTerms(version, dependencies.instanceSizes);
    const outcome = outcomeOfExit(run, attempt.exit, terms);
    await finishRun(run.id, outcome, { attemptId });
  }

  async function record(attemptId: string, chunk: Chunk): Promise<{ offset: number }> {
    const { attempt, storedOffset, hasBeacons } = await store(attemptId, chunk);
    attemptLog.announce(attempt.jobRunId);
    if (hasBeacons) await ingestTelemetry.ofAttempt(attemptId);
    await finishIfExited(attemptId);
    return { offset: storedOffset };
  }

  return {
    finishIfExited,
    /** A chunk that was read where the attempt left it. */
    record: (attemptId: string, offset: number, chunk: Uint8Array) =>
      record(attemptId, { offset, chunk, isSent: false }),
    /**
     * A chunk that the attempt has sent. When the attempt is closed nothing new is taken: a repeated chunk, whose answer was lost, is
     * answered once more. @throws ServiceError attempt_closed
     */
    take: (attemptId: string, offset: number, chunk: Uint8Array) =>
      record(attemptId, { offset, chunk, isSent: true }),
  };
}

interface Chunk {
  offset: number;
  chunk: Uint8Array;
  /** By the attempt itself. */
  isSent: boolean;
}

function attemptClosed(): ServiceError {
  return new ServiceError('attempt_closed', 'This attempt is over, and nothing more of it is taken.');
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
