import type { LogExtent } from '../../store/records.ts';
import type { ReadLines } from '../logs/read-log-lines.ts';
import type { WorkspaceChange } from '../../domain/workspaces/workspace-change.ts';
import { mergeChanges } from '../../domain/workspaces/workspace-change.ts';

/** Why the server ends a stream. */
export interface StreamEnd {
  reason: 'failed' | 'no_access' | 'not_authenticated' | 'stopping';
  detail: string;
}

/** The length of a log, and the lines that were added since the message before, if these are to be sent. */
export interface LogMessage {
  kind: 'log';
  extent: LogExtent;
  added?: ReadLines;
}

/** A message to a follower; `idle` after a while without others, as a heartbeat of the stream. */
export type LiveMessage =
  | { kind: 'ready' }
  | { kind: 'change'; change: WorkspaceChange }
  | LogMessage
  | { kind: 'idle' }
  | ({ kind: 'end' } & StreamEnd);

/**
 * A coalescing queue for one reader. However slow the reader, it contains at most one change for each
 * workspace and one length for each log. Queue libraries keep every item, so their queues grow without bound.
 */
export interface CoalescingQueue {
  /** Makes messages available to the reader; earlier ones were held back until now. */
  open: () => void;
  putChange: (change: WorkspaceChange) => void;
  putLog: (extent: LogExtent) => void;
  /** Puts the last message; later ones are dropped. */
  end: (end: StreamEnd) => void;
  /** Yields the messages as they arrive, up to the last one. Also ends when the signal is aborted. */
  read(options: { idleAfterMs: number; signal: AbortSignal }): AsyncGenerator<LiveMessage>;
}

export function createCoalescingQueue(): CoalescingQueue {
  const changes = new Map<string, WorkspaceChange>();
  const logs = new Map<string, LogExtent>();
  let isOpen = false;
  let last: StreamEnd | undefined;
  let wake = () => undefined as void;

  /** Takes all waiting messages; an ended stream returns only its end. */
  function take(): LiveMessage[] {
    if (last) return [{ kind: 'end', ...last }];
    if (!isOpen) return [];
    const messages: LiveMessage[] = [
      ...[...changes.values()].map((change) => ({ kind: 'change', change }) as const),
      ...[...logs.values()].map((extent) => ({ kind: 'log', extent }) as const),
    ];
    changes.clear();
    logs.clear();
    return messages;
  }

  async function* read({
    idleAfterMs,
    signal,
  }: Parameters<CoalescingQueue['read']>[0]): AsyncGenerator<LiveMessage> {
    let isReadyTold = false;
    while (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (isOpen && !isReadyTold) {
        isReadyTold = true;
        yield { kind: 'ready' };
      }
      const messages = take();
      yield* messages;
      if (messages[0]?.kind === 'end') return;
      if (messages.length > 0) continue;
      const isIdle = await waitFor(promise, idleAfterMs, signal);
      if (isIdle) yield { kind: 'idle' };
    }
  }

  return {
    open() {
      isOpen = true;
      wake();
    },
    putChange(change) {
      const waiting = changes.get(change.workspaceId);
      changes.set(change.workspaceId, waiting ? mergeChanges(waiting, change) : change);
      wake();
    },
    putLog(extent) {
      logs.set(extent.jobRunId, extent);
      wake();
    },
    end(end) {
      last ??= end;
      wake();
    },
    read,
  };
}

/** @returns whether the time passed without a message */
async function waitFor(mail: Promise<void>, idleAfterMs: number, signal: AbortSignal): Promise<boolean> {
  const { promise: end, resolve } = Promise.withResolvers<boolean>();
  const stop = () => resolve(false);
  const timer = setTimeout(() => resolve(true), idleAfterMs);
  signal.addEventListener('abort', stop);
  void mail.then(stop);
  if (signal.aborted) stop();
  try {
    return await end;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
