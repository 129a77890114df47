import type { Store } from '../../store/store.ts';

/** Tells the time by which starts are decided. In production that is the database's, whatever the servers' clocks show. */
export type Clock = (store: Store) => Promise<Date>;

export const databaseClock: Clock = (store) => store.installation.readClock();
