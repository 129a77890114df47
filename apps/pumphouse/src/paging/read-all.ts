/** A page of a list. */
interface Page<Item> {
  items: readonly Item[];
  total?: number;
}

const pageSize = 1000;
/** The API counts and skips no further than this. */
const maxOffset = 10_000;

/** Reads all items of a list, page by page, or the first `limit` of them. */
export async function readAll<Item>(
  readPage: (page: { limit: number; offset: number }) => Promise<Page<Item>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < limit && items.length <= maxOffset) {
    const wanted = Math.min(pageSize, limit - items.length);
    const page = await readPage({ limit: wanted, offset: items.length });
    items.push(...page.items);
    if (page.items.length < wanted) return items;
  }
  return items;
}
