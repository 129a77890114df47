import { createBoundedMemory } from '../../services/bounded-memory.ts';

const mostRemembered = 5000;

/**
 * What was found lately, for some moments: many who ask at once look once. A look that failed is not remembered.
 * @param rememberedMs since the look began
 */
export function createBriefMemory<Value>(
  rememberedMs: number | ((value: Value) => number),
  now: () => number = Date.now,
) {
  const values = createBoundedMemory<{ value: Promise<Value>; until: number }>(mostRemembered);
  return {
    get(key: string, look: () => Promise<Value>): Promise<Value> {
      const known = values.get(key);
      if (known && known.until > now()) return known.value;
      const from = now();
      const value = look();
      const entry = { value, until: Infinity };
      values.set(key, entry);
      value.then(
        (seen) => {
          entry.until = from + (typeof rememberedMs === 'number' ? rememberedMs : rememberedMs(seen));
        },
        () => {
          if (values.get(key) === entry) values.delete(key);
        },
      );
      return value;
    },
    forget: (key: string): void => void values.delete(key),
    clear: (): void => values.clear(),
  };
}
