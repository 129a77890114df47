/**
 * Creates an argument for any method of the store: whatever is read of it, called on it or iterated exists
 * and is such an argument again. The statements that result are only described by Postgres, never run.
 * @param names the properties that a copy (`{ ...argument }`) has
 */
export function createAnyArgument(names: readonly string[]): unknown {
  const argument: unknown = new Proxy(() => argument, {
    get(_, key) {
      if (key === Symbol.toPrimitive || key === 'toString' || key === 'toJSON') return () => 'any';
      if (key === Symbol.iterator) return () => [argument, argument].values();
      if (typeof key === 'symbol' || key === 'then') return undefined;
      return key in methods ? methods[key as keyof typeof methods] : argument;
    },
    ownKeys: () => names,
    // Rows may get properties, which a read does not return: any row has all properties.
    defineProperty: () => true,
    getOwnPropertyDescriptor: () => ({
      value: argument,
      enumerable: true,
      configurable: true,
      writable: true,
    }),
  });
  const methods = {
    length: 2,
    map: (change: (item: unknown, index: number) => unknown) =>
      [0, 1].map((index) => change(argument, index)),
    filter: () => [argument],
    split: () => ['any', 'any'],
    toLowerCase: () => 'any',
    getTime: () => 0,
  };
  return argument;
}
