import type { AttemptRecord } from '../store/records.ts';
import type { LogFiles } from '../blobs/log-file.ts';
import type { Persistence, Store } from '../store/store.ts';
import type { UnnumberedLogLine } from '../domain/log-line.ts';
import { EventEmitter } from 'node:events';
import { formatLogLine } from '../domain/log-line.ts';

/** How much of an attempt's log is stored. */
export type LogProgress = Pick<AttemptRecord, 'logBytes' | 'logLines'>;

export interface AttemptLog {
  /**
   * Appends lines after `progress` and gives the new progress, which the caller stores in the transaction that holds the attempt's
   * lock: after a crash in between the file is longer than the row says and is cut back before it grows again.
   */
  append(attemptId: string, progress: LogProgress, lines: readonly UnnumberedLogLine[]): Promise<LogProgress>;
  /** Tells followers in this process that a run's log or state has changed; call it after the commit. */
  announce(jobRunId: string): void;
  /** Resolves at the next announcement for the run, or after the timeout. */
  nextChange(jobRunId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** The server's own words in a run's log. */
  write(jobRunId: string, attemptId: string, lines: readonly UnnumberedLogLine[]): Promise<void>;
}

export function createAttemptLog(persistence: Persistence, logFiles: LogFiles): AttemptLog {
  const changes = new EventEmitter().setMaxListeners(0);

  async function append(attemptId: string, progress: LogProgress, lines: readonly UnnumberedLogLine[]) {
    if (lines.length === 0) return { logBytes: progress.logBytes, logLines: progress.logLines };
    const text = lines
      .map((line, index) => formatLogLine({ line_num: progress.logLines + index, ...line }))
      .join('');
    const data = Buffer.from(text);
    await logFiles.append(attemptId, {
      expectedBytes: progress.logBytes,
      firstLine: progress.logLines,
      data,
    });
    return { logBytes: progress.logBytes + data.length, logLines: progress.logLines + lines.length };
  }

  async function appendUnderLock(store: Store, attemptId: string, lines: readonly UnnumberedLogLine[]) {
    const attempt = await store.attempts.lock(attemptId);
    // After sealing nothing grows: a late word about a run that is over is not worth unpacking its log.
    if (!attempt || attempt.logSealed) return;
    await store.attempts.saveProgress(attemptId, {
      ...attempt,
      ...(await append(attemptId, attempt, lines)),
    });
  }

  return {
    append,
    announce: (jobRunId) => void changes.emit(jobRunId),
    async write(jobRunId, attemptId, lines) {
      await persistence.transaction((store) => appendUnderLock(store, attemptId, lines));
      changes.emit(jobRunId);
    },
    nextChange: (jobRunId, timeoutMs, signal) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          changes.off(jobRunId, done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        changes.once(jobRunId, done);
        signal.addEventListener('abort', done);
        if (signal.aborted) done();
      }),
  };
}
