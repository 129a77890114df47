import type { AttemptRecord } from '../../store/records.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { EventEmitter } from 'node:events';
import { formatLogLine } from '../../domain/logs/log-line.ts';

/** How much of an attempt's log is stored. */
export type LogProgress = Pick<AttemptRecord, 'logBytes' | 'logLines'>;

/** Numbered lines that are not yet written. */
export interface PreparedLines {
  /** The progress of the log after they are written. */
  progress: LogProgress;
  /** @param store of the transaction that stores the progress */
  write(store: Pick<Store, 'logChunks'>): Promise<void>;
}

export interface RunFollower extends Disposable {
  /** An announcement said that the attempt is over. */
  isOver(): boolean;
  /** Resolves at the next announcement, or after the timeout. */
  next(wait: { timeoutMs: number; withLines: boolean; signal: AbortSignal }): Promise<void>;
}

export interface AttemptLog {
  /**
   * Numbers lines that follow `progress`. In the transaction that holds the attempt's lock, the caller first
   * stores the new progress, then calls `write`. Lines in rows commit with the progress. After a crash in
   * between, a file is longer than the row says, and is truncated before it grows again. The statement comes
   * first because it fails if the lock was lost (a server that was suspended for long); writing anyway would
   * overwrite what another server has stored since.
   */
  prepare(attemptId: string, progress: LogProgress, lines: readonly UnnumberedLogLine[]): PreparedLines;
  /**
   * Notifies followers in this process that a run's log or state has changed. Call it after the commit.
   * @param isOver the run has ended, or its attempt has
   */
  announce(jobRunId: string, isOver?: boolean): void;
  /** The same for a change that concerns only the log. */
  announceLines(jobRunId: string): void;
  /**
   * Registers a callback for the run's announcements.
   * @returns a function that unregisters it
   */
  onChange(jobRunId: string, onChange: () => void): () => void;
  /** Resolves at the next announcement for the run, or after the timeout. */
  nextChange(jobRunId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Follows the announcements of a run from now on, also those between two waits. */
  follow(jobRunId: string): RunFollower;
  /** Like `nextChange`, for callers that need not look at a run whose log grows. */
  nextStateChange(jobRunId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /**
   * Writes lines of the server in the transaction of the change that they describe. Announce the run after
   * the commit.
   */
  writeWith: (
    store: Pick<Store, 'attempts' | 'logChunks'>,
    attemptId: string,
    lines: readonly UnnumberedLogLine[],
  ) => Promise<void>;
  /** Writes lines of the server to a run's log. */
  write(jobRunId: string, attemptId: string, lines: readonly UnnumberedLogLine[]): Promise<void>;
}

export function createAttemptLog(
  persistence: Persistence<'attempts' | 'logChunks'>,
  logFiles: LogFiles,
): AttemptLog {
  const changes = new EventEmitter().setMaxListeners(0);
  const stateChanges = new EventEmitter().setMaxListeners(0);

  function prepare(
    attemptId: string,
    { logBytes, logLines }: LogProgress,
    lines: readonly UnnumberedLogLine[],
  ): PreparedLines {
    const text = lines.map((line, index) => formatLogLine({ line_num: logLines + index, ...line })).join('');
    const data = Buffer.from(text);
    return {
      progress: { logBytes: logBytes + data.length, logLines: logLines + lines.length },
      async write({ logChunks }) {
        if (data.length === 0) return;
        await logFiles.append(attemptId, { expectedBytes: logBytes, firstLine: logLines, data }, logChunks);
      },
    };
  }

  async function appendUnderLock(
    store: Pick<Store, 'attempts' | 'logChunks'>,
    attemptId: string,
    lines: readonly UnnumberedLogLine[],
  ) {
    if (lines.length === 0) return;
    const attempt = await store.attempts.lock(attemptId);
    // A sealed log never grows: late lines of an ended run are not worth decompressing its log.
    if (!attempt || attempt.logSealed) return;
    const prepared = prepare(attemptId, attempt, lines);
    await store.attempts.saveLogProgress(attemptId, prepared.progress);
    await prepared.write(store);
  }

  return {
    prepare,
    writeWith: appendUnderLock,
    announce(jobRunId, isOver = false) {
      stateChanges.emit(jobRunId, isOver);
      changes.emit(jobRunId);
    },
    announceLines: (jobRunId) => void changes.emit(jobRunId),
    async write(jobRunId, attemptId, lines) {
      await persistence.transaction((store) => appendUnderLock(store, attemptId, lines));
      changes.emit(jobRunId);
    },
    onChange(jobRunId, onChange) {
      // A separate wrapper, so that the same function can be registered twice.
      const listener = () => onChange();
      changes.on(jobRunId, listener);
      return () => void changes.off(jobRunId, listener);
    },
    follow: (jobRunId) => follow({ changes, stateChanges }, jobRunId),
    nextChange: (jobRunId, timeoutMs, signal) => awaitEvent(changes, jobRunId, timeoutMs, signal),
    nextStateChange: (jobRunId, timeoutMs, signal) => awaitEvent(stateChanges, jobRunId, timeoutMs, signal),
  };
}

function follow(
  { changes, stateChanges }: Record<'changes' | 'stateChanges', EventEmitter>,
  jobRunId: string,
): RunFollower {
  let isOver = false;
  let missed = { state: false, lines: false };
  let wake: (() => void) | null = null;
  let wakesForLines = false;
  const onState = (isLast: boolean) => {
    isOver ||= isLast;
    missed.state = true;
    wake?.();
  };
  const onLines = () => {
    missed.lines = true;
    if (wakesForLines) wake?.();
  };
  stateChanges.on(jobRunId, onState);
  changes.on(jobRunId, onLines);
  return {
    isOver: () => isOver,
    async next({ timeoutMs, withLines, signal }) {
      wakesForLines = withLines;
      const isMissed = missed.state || (withLines && missed.lines);
      if (!isMissed && !signal.aborted) {
        const woken = Promise.withResolvers<void>();
        wake = woken.resolve;
        const timer = setTimeout(wake, timeoutMs);
        signal.addEventListener('abort', wake);
        await woken.promise;
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        wake = null;
      }
      missed = { state: false, lines: false };
    },
    [Symbol.dispose]() {
      stateChanges.off(jobRunId, onState);
      changes.off(jobRunId, onLines);
    },
  };
}

/** Resolves at the next event, after the timeout, or when the signal is aborted. */
function awaitEvent(
  emitter: EventEmitter,
  name: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      emitter.off(name, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    emitter.once(name, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
