/** The open parts of a server, and how to close them. */
export interface OpenParts {
  /** Registers the function that closes an open part. */
  add(close: () => unknown): void;
  /** Closes all parts. A part that fails to close does not keep the others open. */
  close(): Promise<void>;
}

/**
 * Creates an empty list of open parts.
 * @param order `last-first` closes one after the other, the last opened first; `together` all at once, which
 * is faster for parts that wait for their connections
 */
export function createOpenParts(order: 'last-first' | 'together' = 'last-first'): OpenParts {
  const parts: (() => unknown)[] = [];
  return {
    add: (close) => void parts.push(close),
    async close() {
      const closing = parts.splice(0).toReversed();
      const failures = order === 'together' ? await closeTogether(closing) : await closeInOrder(closing);
      if (failures.length === 1) throw failures[0];
      if (failures.length > 1)
        throw new AggregateError(failures, `${failures.length} parts of the server failed to close`);
    },
  };
}

async function closeInOrder(parts: readonly (() => unknown)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const close of parts) failures.push(...(await closeTogether([close])));
  return failures;
}

async function closeTogether(parts: readonly (() => unknown)[]): Promise<unknown[]> {
  const results = await Promise.allSettled(parts.map(async (close) => close()));
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}
