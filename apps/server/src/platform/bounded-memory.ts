/** Remembers a number of values, and forgets the one that was asked for the longest time ago. */
export function createBoundedMemory<Value>(mostValues: number) {
  const values = new Map<string, Value>();
  return {
    get(key: string): Value | undefined {
      const value = values.get(key);
      if (value === undefined) return undefined;
      // A map keeps the order of insertion: the key moves to its end.
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
