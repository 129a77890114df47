import type { LiveEvent } from '@pumphouse/contract';
import { api } from '../api/api.ts';
import { classifyError } from '../api/error-kind.ts';
import { sameInterests, type Interests } from './interests.ts';
import type { LiveState } from './live-state.ts';
import { SignedOutError } from '../session/session.ts';

interface Listener {
  publishEvent(event: LiveEvent): void;
  publishState(state: LiveState): void;
  /** The session has ended, so no stream can be opened. */
  onSignedOut(error: SignedOutError): void;
}

/** Debounces changes of interests, as when several tabs open at once or the page changes. */
const settleMs = 60;
const firstPauseMs = 500;
const maxPauseMs = 15_000;

/**
 * Creates a follower that streams the server's events for the current interests and reconnects forever. When
 * the interests change, the new stream is established before the old one ends, so that no event is missed.
 */
export function createFollower(listener: Listener) {
  let wanted: Interests = { workspaceIds: [], logs: [] };
  /** Open and opening streams; the last one is for the current interests. */
  let streams: AbortController[] = [];
  let settling: ReturnType<typeof setTimeout> | undefined;

  function endOlder(than: AbortController): void {
    for (const stream of streams.slice(0, streams.indexOf(than))) stream.abort();
    streams = streams.slice(streams.indexOf(than));
  }

  async function follow(interests: Interests, end: AbortController): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!end.signal.aborted) {
      let isServerAway = false;
      try {
        for await (const event of api.followEvents({
          ...interests,
          withLogLines: true,
          signal: end.signal,
        })) {
          if (event.event === 'ready') {
            endOlder(end);
            pauseMs = firstPauseMs;
          }
          listener.publishState({ status: 'live', at: Date.now(), isServerAway });
          listener.publishEvent(event);
        }
      } catch (error) {
        if (end.signal.aborted) return;
        if (error instanceof SignedOutError) return listener.onSignedOut(error);
        isServerAway = classifyError(error) === 'server-away';
      }
      if (end.signal.aborted) return;
      endOlder(end);
      listener.publishState({ status: 'down', at: Date.now(), isServerAway });
      await pause(pauseMs * (0.5 + Math.random()), end.signal);
      pauseMs = Math.min(pauseMs * 2, maxPauseMs);
    }
  }

  function restart(): void {
    const end = new AbortController();
    streams.push(end);
    if (wanted.workspaceIds.length === 0) endOlder(end);
    else void follow(wanted, end);
  }

  return {
    want(interests: Interests): void {
      if (sameInterests(interests, wanted)) return;
      wanted = interests;
      clearTimeout(settling);
      settling = setTimeout(restart, settleMs);
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
