import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminalRunState, type LogLineExcerpt, type RunOverviewDetailResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import { isLostConnection } from '../live/lost-connection.ts';
import { openLiveHints } from '../live/live-hints.ts';

/** What a watched run reports: its state when it changes, and each new line of its log once. */
export type RunUpdate =
  { kind: 'run'; run: RunOverviewDetailResponse } | { kind: 'lines'; lines: readonly LogLineExcerpt[] };

interface WatchOptions {
  jobRunId: string;
  /** The first line to report; negative numbers count from the end. */
  fromLine: number;
  signal: AbortSignal;
}

const linesPerRead = 2000;
const retryPauseMs = 1000;

/**
 * Watches a run until it is over and all its lines are read. Lines are read by their numbers, so after a lost
 * connection the watch goes on at the next line.
 */
export async function* watchRun(session: Session, options: WatchOptions): AsyncGenerator<RunUpdate> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const params = { workspace_id: await session.workspaceId(), job_run_id: options.jobRunId };
  const hints = openLiveHints(session, {
    workspaceId: params.workspace_id,
    jobRunId: options.jobRunId,
    signal,
  });
  const log = createLogReader(session, { params, fromLine: options.fromLine, signal });
  let isOver = false;

  async function* readRun(): AsyncGenerator<RunUpdate> {
    const read = () => session.client.call('get_run_overview', { params, signal });
    const run = await keepTrying(read, signal);
    yield { kind: 'run', run };
    isOver = isTerminalRunState(run.status);
  }

  try {
    for (;;) {
      const hint = await hints.next();
      if (hint.isRunChanged) yield* readRun();
      if (!hint.isLogChanged && !isOver) continue;
      yield* log.readNew();
      if (!log.isComplete()) continue;
      // The run may have ended after it was read, and before its lines were.
      if (!isOver) yield* readRun();
      return;
    }
  } finally {
    ending.abort();
  }
}

interface LogReaderOptions {
  params: { workspace_id: string; job_run_id: string };
  fromLine: number;
  signal: AbortSignal;
}

/** Reads the lines of a log from one number on, each once. */
function createLogReader(session: Session, { params, fromLine, signal }: LogReaderOptions) {
  let nextLine = fromLine;
  let isComplete = false;

  function read() {
    const query = { from_line: nextLine, limit: linesPerRead };
    return session.client.call('read_log_lines', { params, query, signal });
  }

  return {
    /** Whether the run is over and its last line has been read. */
    isComplete: () => isComplete,

    /** Yields the lines that are stored and not read yet. */
    async *readNew(): AsyncGenerator<RunUpdate> {
      for (let hasMore = true; hasMore;) {
        const { lines, line_count: count, is_complete } = await keepTrying(read, signal);
        const last = lines.at(-1);
        nextLine = last === undefined ? Math.max(nextLine, 0) : last.line_num + 1;
        if (lines.length > 0) yield { kind: 'lines', lines };
        hasMore = lines.length > 0 && nextLine < count;
        isComplete = is_complete && !hasMore;
      }
    },
  };
}

/** A read whose response breaks off is repeated; the session's fetch waits for a server that restarts. */
async function keepTrying<Result>(read: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (signal.aborted || !isLostConnection(error)) throw error;
      await sleep(retryPauseMs, undefined, { signal });
    }
  }
}
