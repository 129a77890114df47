/** A table and its nesting depth; 0 for a root table. */
export interface NestedRow<Item> {
  item: Item;
  depth: number;
}

interface Names<Item> {
  nameOf: (item: Item) => string;
  parentOf: (item: Item) => string | null;
}

/** Sorts tables by name and places nested tables directly below their parent. */
export function orderNested<Item>(
  items: readonly Item[],
  { nameOf, parentOf }: Names<Item>,
): NestedRow<Item>[] {
  const names = new Set(items.map(nameOf));
  const sorted = items.toSorted((left, right) => nameOf(left).localeCompare(nameOf(right), 'en'));
  const isNested = (parent: string | null) => parent !== null && names.has(parent);
  const childrenOf = Map.groupBy(sorted, (item) => (isNested(parentOf(item)) ? parentOf(item) : null));
  const rows: NestedRow<Item>[] = [];
  const seen = new Set<Item>();
  const add = (item: Item, depth: number): void => {
    if (seen.has(item)) return;
    seen.add(item);
    rows.push({ item, depth });
    for (const child of childrenOf.get(nameOf(item)) ?? []) add(child, depth + 1);
  };
  for (const root of childrenOf.get(null) ?? []) add(root, 0);
  // Tables in a parent cycle (only in a malicious schema) have no root.
  for (const item of sorted) add(item, 0);
  return rows;
}
