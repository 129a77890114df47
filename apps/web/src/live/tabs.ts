import { joinInterests, type Interests } from './interests.ts';
import type { LiveEvent } from '@pumphouse/contract';
import type { LiveState } from './live-state.ts';

/** What the tabs of a browser tell each other. */
type Message =
  | { kind: 'wants'; tab: string; interests: Interests }
  /** The tab that follows for all does not know yet what the others want. */
  | { kind: 'who' }
  | { kind: 'event'; event: LiveEvent }
  | { kind: 'state'; state: LiveState };

interface TabsCallbacks {
  /** All that is wanted has changed; only of the tab that follows for all. */
  onWants(interests: Interests): void;
  onEvent(event: LiveEvent): void;
  onState(state: LiveState): void;
  /** This tab is the one that follows from now on, until it is closed. */
  onLead(): void;
}

const channelName = 'pumphouse.live';
const leaderLock = 'pumphouse.live.leader';
const tabLockOf = (tab: string) => `pumphouse.live.tab.${tab}`;

/**
 * One tab follows the server's events for all tabs of the browser, since a browser opens six connections to a server over HTTP/1.1 and a
 * stream takes one for good. Whoever gets the lock is that tab; when it closes, the next one gets it. A tab shows that it lives by a lock of
 * its own, which its end releases however it ends.
 */
export function joinTabs(callbacks: TabsCallbacks) {
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel(channelName);
  const wants = new Map<string, Interests>();
  let own: Interests = joinInterests([]);
  let isLeader = false;
  let lastState: LiveState | null = null;

  const send = (message: Message) => channel.postMessage(message);
  const tellWants = () => callbacks.onWants(joinInterests([own, ...wants.values()]));

  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'who') sendWants();
    if (data.kind === 'event') callbacks.onEvent(data.event);
    if (data.kind === 'state') callbacks.onState(data.state);
    if (data.kind === 'wants' && isLeader) {
      wants.set(data.tab, data.interests);
      tellWants();
      if (lastState) send({ kind: 'state', state: lastState });
      void watchForEnd(data.tab);
    }
  });

  const watched = new Set<string>();
  /** The lock of the other tab comes free when that tab is gone. */
  async function watchForEnd(other: string): Promise<void> {
    if (watched.has(other)) return;
    watched.add(other);
    await navigator.locks.request(tabLockOf(other), () => {
      watched.delete(other);
      wants.delete(other);
      tellWants();
    });
  }

  const forGood = () => new Promise<never>(() => undefined);
  /** Nobody is told of this tab before its lock is held: it would be taken for gone. */
  const held = new Promise<void>((resolve) => {
    void navigator.locks.request(tabLockOf(tab), () => {
      resolve();
      return forGood();
    });
  });
  const sendWants = () => void held.then(() => send({ kind: 'wants', tab, interests: own }));

  void navigator.locks.request(leaderLock, () => {
    isLeader = true;
    send({ kind: 'who' });
    callbacks.onLead();
    tellWants();
    return forGood();
  });

  return {
    want(interests: Interests): void {
      own = interests;
      if (isLeader) tellWants();
      else sendWants();
    },
    /** Of the tab that follows: tells itself and the others. */
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
