import type { Duplex } from 'node:stream';

/** Passes on the data of two connections in both directions. Each half ends on its own. */
export function joinConnections(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      // A connection that was cut has not ended its half.
      if (!from.readableEnded) to.destroy();
    });
  }
}
