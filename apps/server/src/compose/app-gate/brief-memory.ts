import { LRUCache } from 'lru-cache';

const maxRemembered = 5000;

interface Entry<Value> {
  value: Promise<Value>;
  until: number;
}

/**
 * A short-lived cache: concurrent callers share one lookup. Failed lookups are not cached. The `fetch` of
 * lru-cache does not fit: it counts validity from the end of a lookup, which would keep access that was revoked
 * during it.
 * @param rememberedMs validity from the start of the lookup
 */
export function createBriefMemory<Value>(
  rememberedMs: number | ((value: Value) => number),
  now: () => number = Date.now,
) {
  const values = new LRUCache<string, Entry<Value>>({ max: maxRemembered });

  async function settle(key: string, entry: Entry<Value>, from: number): Promise<void> {
    try {
      const seen = await entry.value;
      entry.until = from + (typeof rememberedMs === 'number' ? rememberedMs : rememberedMs(seen));
    } catch {
      if (values.get(key) === entry) values.delete(key);
    }
  }

  return {
    get(key: string, look: () => Promise<Value>): Promise<Value> {
      const known = values.get(key);
      if (known && known.until > now()) return known.value;
      const from = now();
      // Only one lookup per key runs at a time, however long it takes.
      const entry = { value: look(), until: Infinity };
      values.set(key, entry);
      void settle(key, entry, from);
      return entry.value;
    },
    forget: (key: string): void => void values.delete(key),
    clear: (): void => values.clear(),
  };
}
