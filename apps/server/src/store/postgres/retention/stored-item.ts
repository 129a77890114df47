/** Stored totals of one kind. */
export interface StoredTotals {
  count: number;
  bytes: number;
  oldest: Date | null;
}

/** One stored item; its age is counted from `at`. */
export interface StoredItem {
  id: string;
  at: Date;
  bytes: number;
  /** Existing data needs it, or it is the last of its kind. */
  isNeeded: boolean;
}

/** The start of a page of items: after this one, oldest first. */
export type AfterItem = Pick<StoredItem, 'id' | 'at'> | null;
