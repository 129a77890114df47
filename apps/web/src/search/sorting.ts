/** Sort order of a list. In the URL it is `rows`, or `-rows` for the largest first. */
export interface Sorting<Key extends string> {
  key: Key;
  isDescending: boolean;
}

/** @returns null without a sort key or for an unknown key */
export function readSorting<Key extends string>(
  text: string | undefined,
  keys: readonly Key[],
): Sorting<Key> | null {
  const isDescending = text?.startsWith('-') ?? false;
  const key = keys.find((each) => each === (isDescending ? text?.slice(1) : text));
  return key === undefined ? null : { key, isDescending };
}

/**
 * The sort value after the next click on a header: default direction, then reversed, then the list's own
 * order.
 */
export function nextSorting(text: string | undefined, first: string): string | undefined {
  const second = first.startsWith('-') ? first.slice(1) : `-${first}`;
  if (text === first) return second;
  return text === second ? undefined : first;
}

type SortValue = string | number | null | undefined;

/** Compares two values of a column. Unknown values come last in both directions. */
export function compareValues(left: SortValue, right: SortValue, isDescending: boolean): number {
  if (left == null || right == null) return Number(left == null) - Number(right == null);
  const order =
    typeof left === 'number' && typeof right === 'number'
      ? left - right
      : String(left).localeCompare(String(right), 'en', { numeric: true });
  return isDescending ? -order : order;
}

/** Sort value getters by their key in the URL. */
export interface SortValues<Row> {
  name: (row: Row) => SortValue;
  [key: string]: (row: Row) => SortValue;
}

/**
 * Sorts a list by the URL's sort value; equal rows are sorted by name.
 * @param ownOrder default order without a sort value; equal rows are sorted by name
 */
export function sortRows<Row>(
  rows: readonly Row[],
  text: string | undefined,
  values: SortValues<Row>,
  ownOrder: (left: Row, right: Row) => number = () => 0,
): Row[] {
  const sorting = readSorting(text, Object.keys(values));
  const byName = rows.toSorted((left, right) => compareValues(values.name(left), values.name(right), false));
  if (sorting === null) return byName.toSorted(ownOrder);
  const valueOf = values[sorting.key] ?? values.name;
  return byName.toSorted((left, right) => compareValues(valueOf(left), valueOf(right), sorting.isDescending));
}

/** Sort value of an instant. */
export function timeOf(at: string | null | undefined): number | null {
  return at == null ? null : Date.parse(at);
}
