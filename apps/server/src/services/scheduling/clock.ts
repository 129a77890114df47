import type { Store } from '../../store/store.ts';

/**
 * Returns the time that decides about starts. In production this is the database's clock, whatever the
 * servers' clocks show.
 */
export type Clock = (store: Pick<Store, 'installation'>) => Promise<Date>;

export const databaseClock: Clock = (store) => store.installation.readClock();
