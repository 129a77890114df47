import type { AttemptRecord, JobRunRecord } from '../../store/records.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { LogSpan } from '../../domain/logs/log-layout.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import type { Persistence } from '../../store/store.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { formatLogLine } from '../../domain/logs/log-line.ts';
import { layOutLog } from '../../domain/logs/log-layout.ts';
import { removalNote, unstartedNote } from '../../domain/logs/log-notes.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface RunLogDependencies {
  persistence: Persistence<'attempts' | 'jobRuns'>;
  logFiles: LogFiles;
}

/** Consecutive lines as JSON. */
export interface LogPart {
  /** The number of the first line in the run's log; the JSON contains the number within the attempt. */
  firstLine: number;
  lines: readonly string[];
}

/** A snapshot of a run's log: everything committed when it was opened. */
export interface RunLog {
  run: JobRunRecord;
  /** Whether the run has ended, so that no more lines follow. */
  isComplete: boolean;
  lineCount: number;
  spans: readonly LogSpan<AttemptRecord>[];
  /**
   * Reads the lines from a number on, in parts of about 1,000 lines or 256 KB. Earlier lines are not read.
   */
  read(fromLine: number): AsyncGenerator<LogPart>;
}

export type OpenRunLog = ReturnType<typeof createOpenRunLog>;

export function createOpenRunLog({ persistence, logFiles }: RunLogDependencies) {
  const { store } = persistence;

  async function* readSpan(
    { attempt, firstLine, lineCount }: LogSpan<AttemptRecord>,
    fromLine: number,
  ): AsyncGenerator<LogPart> {
    if (fromLine >= firstLine + lineCount) return;
    if (attempt.logRemovedAt) {
      yield { firstLine, lines: [formatLogLine({ line_num: 0, ...removalNote(attempt.logRemovedAt) })] };
      return;
    }
    let next = Math.max(fromLine, firstLine);
    // Bytes beyond the row's progress belong to an uncommitted append and may be truncated.
    const wanted = { fromLine: next - firstLine, toBytes: attempt.logBytes };
    for await (const piece of logFiles.read(attempt.id, wanted)) {
      const lines = splitLines(piece);
      yield { firstLine: next, lines };
      next += lines.length;
    }
  }

  /** @throws ServiceError not_found */
  return async function openRunLog(workspaceId: string, jobRunId: string): Promise<RunLog> {
    // Read the state before the lines: then the lines of an ended run are complete.
    const run = await store.jobRuns.get(workspaceId, jobRunId);
    if (!run) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
    const isComplete = isTerminalRunState(run.status);
    const attempts = await store.attempts.listOfRun(jobRunId);
    const note = attempts.length === 0 ? unstartedNote(run) : null;
    if (note) return { run, isComplete, lineCount: 1, spans: [], read: () => readNote(note) };
    const spans = layOutLog(attempts);
    const last = spans.at(-1);
    return {
      run,
      isComplete,
      spans,
      lineCount: last ? last.firstLine + last.lineCount : 0,
      async *read(fromLine) {
        for (const span of spans) yield* readSpan(span, fromLine);
      },
    };
  };
}

async function* readNote(note: UnnumberedLogLine): AsyncGenerator<LogPart> {
  yield { firstLine: 0, lines: [formatLogLine({ line_num: 0, ...note })] };
}

/** @param piece whole lines, each with its newline */
function splitLines(piece: Uint8Array): string[] {
  return Buffer.from(piece.buffer, piece.byteOffset, piece.length - 1)
    .toString()
    .split('\n');
}
