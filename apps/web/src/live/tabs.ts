import { joinInterests, type Interests } from './interests.ts';
import type { LiveEvent } from '@pumphouse/contract';
import type { LiveState } from './live-state.ts';
import type { FollowingPage, PageLoad } from './page-position.ts';

/** Messages between the tabs of a browser. */
type Message =
  | { kind: 'wants'; tab: string; interests: Interests; load: PageLoad | null }
  /** A new leader asks the other tabs for their interests. */
  | { kind: 'who' }
  | { kind: 'event'; event: LiveEvent }
  | { kind: 'state'; state: LiveState };

interface TabsCallbacks {
  /** The merged interests have changed. Called only in the leader. */
  onWants(interests: Interests, pages: readonly FollowingPage[]): void;
  onEvent(event: LiveEvent): void;
  onState(state: LiveState): void;
  /** This tab becomes the leader until it is closed. */
  onLead(): void;
}

const channelName = 'pumphouse.live';
const leaderLock = 'pumphouse.live.leader';
const tabLockOf = (tab: string) => `pumphouse.live.tab.${tab}`;

/**
 * Joins the tabs of the browser, of which one (the leader) follows the server's events for all. A browser
 * opens at most six connections to a server over HTTP/1.1, and a stream occupies one. The tab that holds the
 * leader lock leads; when it closes, the next tab gets the lock. Each tab also holds a lock of its own, which
 * the browser releases when the tab ends for any reason.
 */
export function joinTabs(callbacks: TabsCallbacks, load: PageLoad | null) {
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel(channelName);
  const wants = new Map<string, { interests: Interests; load: PageLoad | null }>();
  let own: Interests = joinInterests([]);
  let isLeader = false;
  let lastState: LiveState | null = null;

  const send = (message: Message) => channel.postMessage(message);
  const reportWants = () => {
    const all = [{ interests: own, load }, ...wants.values()];
    callbacks.onWants(
      joinInterests(all.map(({ interests }) => interests)),
      all.map((each) => ({ workspaceIds: each.interests.workspaceIds, load: each.load })),
    );
  };

  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'who') sendWants();
    if (data.kind === 'event') callbacks.onEvent(data.event);
    if (data.kind === 'state') callbacks.onState(data.state);
    if (data.kind === 'wants' && isLeader) {
      wants.set(data.tab, { interests: data.interests, load: data.load });
      reportWants();
      if (lastState) send({ kind: 'state', state: lastState });
      void watchForEnd(data.tab);
    }
  });

  const watched = new Set<string>();
  /** The browser releases the other tab's lock when that tab closes. */
  async function watchForEnd(other: string): Promise<void> {
    if (watched.has(other)) return;
    watched.add(other);
    await navigator.locks.request(tabLockOf(other), () => {
      watched.delete(other);
      wants.delete(other);
      reportWants();
    });
  }

  const forGood = () => new Promise<never>(() => undefined);
  /** Announce this tab only after it holds its lock, or the leader would consider it closed. */
  const held = new Promise<void>((resolve) => {
    void navigator.locks.request(tabLockOf(tab), () => {
      resolve();
      return forGood();
    });
  });
  const sendWants = () => void held.then(() => send({ kind: 'wants', tab, interests: own, load }));

  void navigator.locks.request(leaderLock, () => {
    isLeader = true;
    send({ kind: 'who' });
    callbacks.onLead();
    reportWants();
    return forGood();
  });

  return {
    want(interests: Interests): void {
      own = interests;
      if (isLeader) reportWants();
      else sendWants();
    },
    /** Called in the leader: notifies itself and the other tabs. */
    publishEvent(event: LiveEvent): void {
      send({ kind: 'event', event });
      callbacks.onEvent(event);
    },
    publishState(state: LiveState): void {
      lastState = state;
      send({ kind: 'state', state });
      callbacks.onState(state);
    },
  };
}
