import type { EnvironmentBuilder } from '../../executors/contract/environment-builder.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { RetentionCandidate } from '../../domain/retention/retention.ts';
import type { StoredItem, StoredTotals } from '../../store/records.ts';

/** The machine whose environments and caches are retained. */
export interface RetainedMachine {
  executor: EnvironmentBuilder;
  /** Null: a server's. */
  workerId: string | null;
}

/** How to measure, list and remove one kind of data. */
export interface RetainedKind {
  measure(): Promise<StoredTotals>;
  /** All items, oldest first, in pages. */
  pages(): AsyncIterable<RetentionCandidate[]>;
  /**
   * Removes items unless they have become needed meanwhile: after the commit they are no longer used, and
   * their files are marked for removal.
   * @returns the ids of the removed items
   */
  remove(ids: readonly string[]): Promise<string[]>;
}

/** Limits the locks and the duration of one transaction; reading a page takes some milliseconds. */
export const pageSize = 200;

interface StoredKind {
  measure(): Promise<StoredTotals>;
  list(after: Pick<StoredItem, 'id' | 'at'> | null, limit: number): Promise<StoredItem[]>;
  remove(ids: readonly string[]): Promise<string[]>;
}

/** Creates a kind with possibly millions of items: the store counts them and returns them in pages. */
export function createStoredKind(
  persistence: Persistence<'alertDeliveries' | 'auditLog' | 'storage'>,
  kindOf: (store: Pick<Store, 'alertDeliveries' | 'auditLog' | 'storage'>) => StoredKind,
): RetainedKind {
  const kind = kindOf(persistence.store);
  return {
    measure: () => kind.measure(),
    async *pages() {
      for (let after: StoredItem | null = null; ;) {
        const page: StoredItem[] = await kind.list(after, pageSize);
        if (page.length > 0) yield page;
        after = page.at(-1) ?? null;
        if (after === null || page.length < pageSize) return;
      }
    },
    remove: (ids) => persistence.transaction((store) => kindOf(store).remove(ids)),
  };
}

/** Creates a kind that is small enough to be listed as a whole. */
export function createListedKind(
  list: () => Promise<RetentionCandidate[]>,
  remove: (ids: readonly string[]) => Promise<string[]>,
): RetainedKind {
  const oldestFirst = async () => (await list()).toSorted((a, b) => a.at.getTime() - b.at.getTime());
  return {
    async measure() {
      const all = await oldestFirst();
      return {
        count: all.length,
        bytes: all.reduce((sum, one) => sum + one.bytes, 0),
        oldest: all[0]?.at ?? null,
      };
    },
    async *pages() {
      yield await oldestFirst();
    },
    remove,
  };
}
