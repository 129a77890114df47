import type { Persistence } from '../../store/store.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Reads the current position in the changes of all workspaces; null if it cannot be read at once. */
export type ReadLivePosition = () => Promise<string | null>;

/** A page that contains the position must not wait for a database that is slow or away. */
const maxWaitMs = 250;
/** A position lists the transactions in progress. With many, it does not fit into a URL. */
const maxLength = 1000;

export function createReadLivePosition({ store }: Persistence<'changes'>): ReadLivePosition {
  async function read(): Promise<string | null> {
    const { snapshot } = await store.changes.seen();
    return snapshot.length <= maxLength ? snapshot : null;
  }

  return () => {
    const reading = read().catch(() => null);
    return Promise.race([reading, delay(maxWaitMs, null, { ref: false })]);
  };
}
