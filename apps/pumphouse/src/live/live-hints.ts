import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@pumphouse/client';
import type { Session } from '../session/session.ts';

/** What may have changed since the last look: the run (of a workspace: anything in it), or the log of the run. */
export interface Hint {
  isRunChanged: boolean;
  isLogChanged: boolean;
}

/** Hints of a server; `next` waits for one. The first comes at once. */
export interface LiveHints {
  next(): Promise<Hint>;
}

/** Without a connection for events, such as behind a proxy that delays them, changes are looked for this often. */
const lookPauseMs = 2000;
/** With a connection too: it may have died without an end. */
const heartbeatMs = 15_000;
const reconnectPauseMs = 500;

/**
 * Follows the live events of one run and its log, or of a workspace. Events are hints only, so a lost one, or a lost connection,
 * costs some time but no line.
 */
export function openLiveHints(
  session: Session,
  { workspaceId, jobRunId, signal }: { workspaceId: string; jobRunId?: string; signal: AbortSignal },
): LiveHints {
  let isConnected = false;
  let hint: Hint = { isRunChanged: true, isLogChanged: true };
  let arrival = Promise.withResolvers<void>();

  function put(part: Partial<Hint>): void {
    hint = { ...hint, ...part };
    arrival.resolve();
  }

  /** Without ids, any run may have changed. */
  function concerns(ids: readonly string[] | null): boolean {
    return jobRunId === undefined || ids === null || ids.includes(jobRunId);
  }

  async function followOnce(): Promise<void> {
    const logs = jobRunId === undefined ? [] : [{ workspaceId, jobRunId }];
    for await (const { event, data } of session.client.followEvents({
      workspaceIds: [workspaceId],
      logs,
      signal,
    })) {
      if (event === 'ready') {
        isConnected = true;
        put({ isRunChanged: true, isLogChanged: true });
      }
      if (event === 'change' && concerns(data.job_run_ids)) put({ isRunChanged: true });
      if (event === 'log') put({ isLogChanged: true, ...(data.is_complete && { isRunChanged: true }) });
    }
  }

  async function follow(): Promise<void> {
    let isRefused = false;
    while (!signal.aborted && !isRefused) {
      // Why the events ended is reported by the next call of the reader, if it concerns that too.
      isRefused = await followOnce().then(() => false, isRefusal);
      isConnected = false;
      await sleep(reconnectPauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  void follow();

  return {
    async next() {
      if (!hint.isRunChanged && !hint.isLogChanged) {
        const pause = new AbortController();
        const timer = sleep(isConnected ? heartbeatMs : lookPauseMs, undefined, {
          signal: AbortSignal.any([signal, pause.signal]),
        }).then(() => put({ isRunChanged: true, isLogChanged: true }));
        await Promise.race([arrival.promise, timer]).finally(() => {
          pause.abort();
          timer.catch(() => undefined);
        });
      }
      const taken = hint;
      hint = { isRunChanged: false, isLogChanged: false };
      arrival = Promise.withResolvers<void>();
      return taken;
    },
  };
}

/** Whether the server refused to send events, and will again. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500;
}
