import type { AttemptLog } from './attempt-log.ts';
import type { AttemptRecord, JobRunRecord } from '../../store/records.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { Persistence } from '../../store/store.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { Readable } from 'node:stream';
import { isTerminalRunState } from '@pumphouse/contract';
import { formatLogLine, renumberLogLine, showRunnerLines } from '../../domain/logs/log-line.ts';
import { removalNote, unstartedNote } from '../../domain/logs/log-notes.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface ReadLogsDependencies {
  persistence: Persistence<'attempts' | 'jobRuns'>;
  attemptLog: AttemptLog;
  logFiles: LogFiles;
}

/** `idle` is sent after a while without lines, as a heartbeat of the stream. */
export type LogEvent = { kind: 'lines'; ndjson: Uint8Array } | { kind: 'idle' };

export interface FollowOptions {
  /** Aborts the stream; it also ends when the run has ended and all its lines were sent. */
  signal: AbortSignal;
  idleAfterMs?: number;
}

export type ReadLogs = ReturnType<typeof createReadLogs>;

/**
 * A line stored by this server reaches its streams at once; changes by other servers are noticed after this
 * delay.
 */
const pollMs = 1000;
const defaultIdleAfterMs = 15_000;

/** Position in a run's log: attempts follow each other, with consecutive line numbers. */
interface Position {
  attemptIndex: number;
  /** Lines sent of the attempt, and of the whole run. */
  attemptLines: number;
  runLines: number;
}

const startOfLog = (): Position => ({ attemptIndex: 0, attemptLines: 0, runLines: 0 });

export function createReadLogs({ persistence, attemptLog, logFiles }: ReadLogsDependencies) {
  const { store } = persistence;

  async function findRun(workspaceId: string, jobRunId: string): Promise<JobRunRecord> {
    const run = await store.jobRuns.get(workspaceId, jobRunId);
    if (!run) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
    return run;
  }

  /** Reads what is stored after the position, in pieces of whole lines; advances the position. */
  async function* readStored(
    attempts: readonly AttemptRecord[],
    position: Position,
  ): AsyncGenerator<Uint8Array> {
    for (;;) {
      const attempt = attempts[position.attemptIndex];
      if (!attempt) return;
      yield* readAttempt(attempt, position);
      if (position.attemptIndex === attempts.length - 1) return;
      position.attemptIndex += 1;
      position.attemptLines = 0;
    }
  }

  async function* readAttempt(attempt: AttemptRecord, position: Position): AsyncGenerator<Uint8Array> {
    if (attempt.logRemovedAt) {
      if (position.attemptLines === 0) yield formatNote(removalNote(attempt.logRemovedAt), position.runLines);
      position.attemptLines += 1;
      position.runLines += 1;
      return;
    }
    // Bytes beyond the row's progress belong to an uncommitted append and may be truncated.
    if (attempt.logLines <= position.attemptLines) return;
    const shift = position.runLines - position.attemptLines;
    const pieces = logFiles.read(attempt.id, { fromLine: position.attemptLines, toBytes: attempt.logBytes });
    for await (const piece of pieces) {
      const lineCount = countLines(piece);
      yield showRunnerLines(shift === 0 ? piece : renumber(piece, position.runLines));
      position.attemptLines += lineCount;
      position.runLines += lineCount;
    }
  }

  async function* followRun(jobRunId: string, options: FollowOptions): AsyncGenerator<LogEvent> {
    const { signal, idleAfterMs = defaultIdleAfterMs } = options;
    const position = startOfLog();
    let quietSince = Date.now();
    while (!signal.aborted) {
      // Subscribe before reading, so that no change is missed; read the state before the lines, so that the
      // last lines of an ended run are included.
      const change = attemptLog.nextChange(jobRunId, Math.min(pollMs, idleAfterMs), signal);
      const run = await store.jobRuns.find(jobRunId);
      const attempts = await store.attempts.listOfRun(jobRunId);
      const note = run && attempts.length === 0 ? unstartedNote(run) : null;
      if (note) {
        yield { kind: 'lines', ndjson: formatNote(note, 0) };
        return;
      }
      for await (const ndjson of readStored(attempts, position)) {
        yield { kind: 'lines', ndjson };
        quietSince = Date.now();
      }
      if (!run || isTerminalRunState(run.status)) return;
      if (Date.now() - quietSince >= idleAfterMs) {
        yield { kind: 'idle' };
        quietSince = Date.now();
      }
      await change;
    }
  }

  return {
    /**
     * Reads the stored lines of a run as NDJSON.
     * @throws ServiceError not_found if the run has no log
     */
    async read(workspaceId: string, jobRunId: string): Promise<AsyncIterable<Uint8Array>> {
      const run = await findRun(workspaceId, jobRunId);
      const attempts = await store.attempts.listOfRun(jobRunId);
      const note = attempts.length === 0 ? unstartedNote(run) : null;
      if (note) return Readable.from([formatNote(note, 0)]);
      if (attempts.length === 0) throw new ServiceError('not_found', `Job run ${jobRunId} has no log.`);
      return readStored(attempts, startOfLog());
    },

    /** Streams all lines of a run from the first, including new ones, until the run ends. */
    async follow(
      workspaceId: string,
      jobRunId: string,
      options: FollowOptions,
    ): Promise<AsyncIterable<LogEvent>> {
      await findRun(workspaceId, jobRunId);
      return followRun(jobRunId, options);
    },
  };
}

function formatNote(note: UnnumberedLogLine, lineNumber: number): Uint8Array {
  return showRunnerLines(Buffer.from(formatLogLine({ line_num: lineNumber, ...note })));
}

const newline = 0x0a;

function countLines(piece: Uint8Array): number {
  let count = 0;
  for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, at + 1)) count += 1;
  return count;
}

function renumber(piece: Uint8Array, firstLine: number): Uint8Array {
  const lines = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString().split('\n');
  const last = lines.length - 1;
  return Buffer.from(
    lines.map((line, index) => (index === last ? line : renumberLogLine(line, firstLine + index))).join('\n'),
  );
}
