/** Creates an LRU cache with a maximum number of values. */
export function createBoundedMemory<Value>(mostValues: number) {
  const values = new Map<string, Value>();
  return {
    get(key: string): Value | undefined {
      const value = values.get(key);
      if (value === undefined) return undefined;
      // A Map keeps insertion order, so this moves the key to its end.
      values.delete(key);
      values.set(key, value);
      return value;
    },
    clear: (): void => values.clear(),
    delete: (key: string): boolean => values.delete(key),
    set(key: string, value: Value): void {
      values.delete(key);
      values.set(key, value);
      const [oldest] = values.keys();
      if (values.size > mostValues && oldest !== undefined) values.delete(oldest);
    },
  };
}
