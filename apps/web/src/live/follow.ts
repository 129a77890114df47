import type { EventsTarget } from '@pumphouse/client';
import type { LiveEvent } from '@pumphouse/contract';
import { choosePosition, type FollowingPage } from './page-position.ts';
import { classifyError } from '../api/error-kind.ts';
import { sameInterests, type Interests } from './interests.ts';
import type { LiveState } from './live-state.ts';
import { SignedOutError } from '../session/session.ts';

interface FollowerOptions {
  followEvents(target: EventsTarget): AsyncIterable<LiveEvent>;
  /** `ready` is published only if changes may have been missed since the pages fetched their data. */
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
export function createFollower(options: FollowerOptions) {
  let wanted: Interests = { workspaceIds: [], logs: [] };
  let pages: readonly FollowingPage[] = [];
  /** Open and opening streams; the last one is for the current interests. */
  let streams: AbortController[] = [];
  /** The stream that is established, and reports all changes of these workspaces. */
  let live: { stream: AbortController; workspaceIds: readonly string[] } | null = null;
  let settling: ReturnType<typeof setTimeout> | undefined;

  function endOlder(than: AbortController): void {
    for (const stream of streams.slice(0, streams.indexOf(than))) stream.abort();
    streams = streams.slice(streams.indexOf(than));
  }

  /** Yields the events of one stream, until it ends; `ready` only if changes may have been missed. */
  async function* openStream(interests: Interests, stream: AbortController): AsyncGenerator<LiveEvent> {
    const before = live;
    const uncovered = interests.workspaceIds.filter((id) => !before?.workspaceIds.includes(id));
    const since = choosePosition(pages, uncovered, Date.now());
    const target = { ...interests, withLogLines: true, signal: stream.signal };
    for await (const event of options.followEvents(since === null ? target : { ...target, since })) {
      if (event.event !== 'ready') {
        yield event;
        continue;
      }
      const isGapless = live === before && (uncovered.length === 0 || since !== null);
      live = { stream, workspaceIds: interests.workspaceIds };
      endOlder(stream);
      options.publishState({ status: 'live', at: Date.now(), isServerAway: false });
      if (!isGapless) yield event;
    }
  }

  async function follow(interests: Interests, end: AbortController): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!end.signal.aborted) {
      let isServerAway = false;
      try {
        for await (const event of openStream(interests, end)) {
          options.publishState({ status: 'live', at: Date.now(), isServerAway });
          options.publishEvent(event);
        }
      } catch (error) {
        if (end.signal.aborted) return;
        if (error instanceof SignedOutError) return options.onSignedOut(error);
        isServerAway = classifyError(error) === 'server-away';
      }
      if (end.signal.aborted) return;
      endOlder(end);
      if (live?.stream === end) {
        live = null;
        pauseMs = firstPauseMs;
      }
      options.publishState({ status: 'down', at: Date.now(), isServerAway });
      await pause(pauseMs * (0.5 + Math.random()), end.signal);
      pauseMs = Math.min(pauseMs * 2, maxPauseMs);
    }
  }

  function restart(): void {
    const end = new AbortController();
    streams.push(end);
    if (wanted.workspaceIds.length > 0) return void follow(wanted, end);
    live = null;
    endOlder(end);
    return undefined;
  }

  return {
    /** @param following the tabs whose interests these are */
    want(interests: Interests, following: readonly FollowingPage[]): void {
      pages = following;
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
