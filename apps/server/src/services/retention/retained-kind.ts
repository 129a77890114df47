import type { Persistence, Store } from '../../store/store.ts';
import type { RetentionCandidate } from '../../domain/retention/retention.ts';
import type { StoredItem, StoredTotals } from '../../store/records.ts';

/** How one kind is measured, looked through and removed. */
export interface RetainedKind {
  measure(): Promise<StoredTotals>;
  /** All of it, oldest first, in pages. */
  pages(): AsyncIterable<RetentionCandidate[]>;
  /**
   * Makes them go, unless they have become needed meanwhile: after the commit nobody looks for them any more, and their files are
   * noted for removal. @returns the ids of those that go
   */
  remove(ids: readonly string[]): Promise<string[]>;
}

/** Bounds what one transaction locks and how long it takes; a page is read in some milliseconds. */
export const pageSize = 200;

interface StoredKind {
  measure(): Promise<StoredTotals>;
  list(after: Pick<StoredItem, 'id' | 'at'> | null, limit: number): Promise<StoredItem[]>;
  remove(ids: readonly string[]): Promise<string[]>;
}

/** A kind of which there may be millions: the store counts it and gives it in pages. */
export function createStoredKind(
  persistence: Persistence,
  kindOf: (store: Store) => StoredKind,
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

/** A kind that is small enough to be looked through as a whole. */
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
