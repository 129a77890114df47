import type { Clock } from '../scheduling/clock.ts';
import type { Persistence } from '../../store/store.ts';

export type RemoveOldIncidents = ReturnType<typeof createRemoveOldIncidents>;

/** As long as logs are kept by default, to which incidents link. */
const keptDays = 90;
const dayMs = 86_400_000;
/** Bounds the locks of one statement. */
const removedAtOnce = 500;

/**
 * Creates the retention of incidents and of events that were given up: removes some that are old. Open incidents
 * stay.
 * @returns a function that returns whether there may be more
 */
export function createRemoveOldIncidents(
  { store }: Persistence<'alertEvents' | 'alertIncidents' | 'installation'>,
  clock: Clock,
) {
  return async function removeOldIncidents(): Promise<boolean> {
    const before = new Date((await clock(store)).getTime() - keptDays * dayMs);
    const removed = await Promise.all([
      store.alertIncidents.removeResolved(before, removedAtOnce),
      store.alertEvents.removeDropped(before, removedAtOnce),
    ]);
    return removed.includes(removedAtOnce);
  };
}
