/** How much is kept of one kind. */
export interface StoredTotals {
  count: number;
  bytes: number;
  oldest: Date | null;
}

/** One thing that is kept; `at` is what its age counts from. */
export interface StoredItem {
  id: string;
  at: Date;
  bytes: number;
  /** Something that exists needs it, or it is the last of its kind. */
  isNeeded: boolean;
}

/** Where a page of items begins: after this one, oldest first. */
export type AfterItem = Pick<StoredItem, 'id' | 'at'> | null;
