import type { Clock } from '../scheduling/clock.ts';
import type { Persistence } from '../../store/store.ts';

export type RemoveOldEvents = ReturnType<typeof createRemoveOldEvents>;

/** Ten times as long as an event is retried. */
const keptDays = 30;
const dayMs = 86_400_000;
/** Bounds the locks of one statement. */
const removedAtOnce = 500;

/**
 * Creates the retention of events: removes some old ones with their deliveries. Those with a delivery that waits
 * stay.
 * @returns a function that returns whether there may be more
 */
export function createRemoveOldEvents({ store }: Persistence<'events' | 'installation'>, clock: Clock) {
  return async function removeOldEvents(): Promise<boolean> {
    const before = new Date((await clock(store)).getTime() - keptDays * dayMs);
    return (await store.events.removeOld(before, removedAtOnce)) === removedAtOnce;
  };
}
