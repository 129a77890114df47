/** Builds an object with a value for each key. */
export function recordOf<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key) => Value,
): Record<Key, Value> {
  const entries = keys.map((key) => [key, valueOf(key)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries loses the type of the keys
  return Object.fromEntries(entries) as Record<Key, Value>;
}

/** Lists the keys of an object. */
export function keysOf<Held extends object>(held: Held): (keyof Held & string)[] {
  return Object.keys(held).filter((key) => isKeyOf(held, key));
}

/** Reports whether a text is a key of the object itself. */
export function isKeyOf<Held extends object>(held: Held, key: string): key is keyof Held & string {
  return Object.hasOwn(held, key);
}
