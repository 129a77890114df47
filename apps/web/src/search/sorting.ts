/** How a list is sorted, as an address has it: `rows`, or `-rows` for the largest first. */
export interface Sorting<Key extends string> {
  key: Key;
  isDescending: boolean;
}

/** @returns null for none, and for a key that the list does not have */
export function readSorting<Key extends string>(
  text: string | undefined,
  keys: readonly Key[],
): Sorting<Key> | null {
  const isDescending = text?.startsWith('-') ?? false;
  const key = keys.find((each) => each === (isDescending ? text?.slice(1) : text));
  return key === undefined ? null : { key, isDescending };
}

/** What the next click on a heading makes of it: its better end first, then the other end, then the list's own order. */
export function nextSorting(text: string | undefined, first: string): string | undefined {
  const second = first.startsWith('-') ? first.slice(1) : `-${first}`;
  if (text === first) return second;
  return text === second ? undefined : first;
}

/** Compares two values of a column. What is not known comes last in both directions. */
export function compareValues(
  left: string | number | null | undefined,
  right: string | number | null | undefined,
  isDescending: boolean,
): number {
  if (left == null || right == null) return Number(left == null) - Number(right == null);
  const order =
    typeof left === 'number' && typeof right === 'number'
      ? left - right
      : String(left).localeCompare(String(right), 'en', { numeric: true });
  return isDescending ? -order : order;
}
