import type { Duplex } from 'node:stream';

/**
 * Passes on the data of two connections in both directions. Each half ends on its own.
 * @param cut ends a connection after the other one was cut
 */
export function joinConnections(
  one: Duplex,
  other: Duplex,
  cut: (connection: Duplex) => void = (connection) => connection.destroy(),
): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => cut(to));
    from.on('close', () => {
      // A connection that was cut has not ended its half.
      if (!from.readableEnded) cut(to);
    });
  }
}
