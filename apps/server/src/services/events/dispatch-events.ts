import type { ComposedEvent, ComposeEvent } from './compose-event.ts';
import type { EventRecord, EventSubscriptionRecord } from '../../store/records.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Logger } from 'pino';
import type { Persistence, Store } from '../../store/store.ts';
import { covers } from '../../domain/alerts/rule-scope.ts';
import { isPassing } from '../../store/store-absence.ts';
import { matchesEventType } from '../../domain/events/event-patterns.ts';

type Stores = 'eventSubscriptions' | 'events';

/** Workspaces that one iteration dispatches. */
const workspacesAtOnce = 1000;
/** Bounds the duration of a transaction. */
const eventsAtOnce = 100;
/**
 * An event that could not be composed for this long is dropped, so that it does not block those after it. The
 * database does not count as a reason.
 */
const maxFailingMs = 600_000;

export type DispatchEvents = ReturnType<typeof createDispatchEvents>;

/**
 * Creates the dispatch of events: each is composed once and gets a delivery for every subscription that it
 * matches, or is removed. Several servers may call it: one at a time dispatches a workspace. A killed server
 * loses and repeats nothing, because content and deliveries are written in one transaction.
 */
export function createDispatchEvents(dependencies: {
  persistence: Persistence<Stores>;
  composeEvent: ComposeEvent;
  faultPoints: FaultPoints;
  now: () => Date;
  log: Logger;
}) {
  const { persistence, composeEvent, faultPoints, now, log } = dependencies;
  const { store } = persistence;
  /** When the composition of an event failed first, in milliseconds, by event. */
  const failingSince = new Map<string, number>();

  /**
   * @returns null for an event that is dropped
   * @throws if it is to be composed again later
   */
  async function compose(event: EventRecord): Promise<ComposedEvent | null> {
    try {
      const composed = await composeEvent(event);
      failingSince.delete(event.id);
      return composed;
    } catch (error) {
      if (isPassing(error)) throw error;
      const since = failingSince.get(event.id) ?? now().getTime();
      failingSince.set(event.id, since);
      if (now().getTime() - since < maxFailingMs) throw error;
      failingSince.delete(event.id);
      log.error({ err: error, event }, 'an event could not be composed and was dropped');
      return null;
    }
  }

  /** @returns whether events of the workspace remain */
  async function dispatchWorkspace(workspaceId: string): Promise<boolean> {
    const subscriptions = await store.eventSubscriptions.list(workspaceId);
    const waiting = await store.events.listWaiting(workspaceId, eventsAtOnce);
    const composed: { event: EventRecord; composed: ComposedEvent | null }[] = [];
    let problem: unknown = null;
    for (const event of waiting) {
      try {
        composed.push({ event, composed: await compose(event) });
      } catch (error) {
        // Those before it are dispatched; those after it wait, so that the order is kept.
        problem = error;
        break;
      }
    }
    const isHeld = await persistence.transaction(async (tx) => {
      if (!(await tx.events.tryHold(workspaceId))) return false;
      for (const one of composed) await write(tx, one, subscriptions);
      if (composed.length > 0) await faultPoints.reach('in-event-dispatch');
      return true;
    });
    if (problem !== null) throw problem;
    return isHeld && waiting.length === eventsAtOnce;
  }

  /** @returns whether there is more to dispatch */
  return async function dispatchEvents(signal?: AbortSignal): Promise<boolean> {
    const workspaceIds = await store.events.listWorkspacesWithWork(workspacesAtOnce);
    let hasMore = workspaceIds.length === workspacesAtOnce;
    for (const workspaceId of workspaceIds) {
      if (signal?.aborted) return false;
      try {
        if (await dispatchWorkspace(workspaceId)) hasMore = true;
      } catch (error) {
        log.error({ err: error, workspaceId }, 'events of a workspace were not dispatched; retried');
      }
    }
    return hasMore;
  };
}

async function write(
  tx: Pick<Store, 'events'>,
  { event, composed }: { event: EventRecord; composed: ComposedEvent | null },
  subscriptions: readonly EventSubscriptionRecord[],
): Promise<void> {
  const matching = composed ? subscriptions.filter((one) => receives(one, event, composed)) : [];
  if (!composed || matching.length === 0) {
    await tx.events.drop(event.id);
    return;
  }
  if (await tx.events.setContent(event.id, composed.content))
    await tx.events.dispatch(
      event.id,
      matching.map(({ id }) => id),
    );
}

/** A subscription receives nothing that happened before it was created. */
function receives(
  { disabledAt, createdAt, eventTypes, scope }: EventSubscriptionRecord,
  event: EventRecord,
  { subject }: ComposedEvent,
): boolean {
  return (
    disabledAt === null &&
    createdAt <= event.createdAt &&
    eventTypes.some((pattern) => matchesEventType(pattern, event.type)) &&
    covers(scope, subject)
  );
}
