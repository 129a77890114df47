import { createBoundedMemory } from '../../services/bounded-memory.ts';

const mostRemembered = 5000;

/** What was found lately, for some moments: many who ask at once look once. A look that failed is not remembered. */
export function createBriefMemory<Value>(rememberedMs: number, now: () => number = Date.now) {
  const values = createBoundedMemory<{ value: Promise<Value>; until: number }>(mostRemembered);
  return {
    get(key: string, look: () => Promise<Value>): Promise<Value> {
      const known = values.get(key);
      if (known && known.until > now()) return known.value;
      const value = look();
      const entry = { value, until: now() + rememberedMs };
      values.set(key, entry);
      value.catch(() => {
        if (values.get(key) === entry) values.delete(key);
      });
      return value;
    },
    forget: (key: string): void => void values.delete(key),
    clear: (): void => values.clear(),
  };
}
