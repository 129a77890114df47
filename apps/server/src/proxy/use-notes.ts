/** Notes use now, and from then on when bytes move, but not more often than every so many milliseconds. */
export function createTouch(note: () => void, everyMs: number): () => void {
  let notedAt = performance.now();
  note();
  return () => {
    const now = performance.now();
    if (now - notedAt < everyMs) return;
    notedAt = now;
    note();
  };
}

/** Longer than any comment that a server sends to keep its stream open. */
const longestComment = 512;

/** Whether a piece of an event stream has events in it, not only the comments that keep the connection open. */
export function hasEvents(chunk: Buffer): boolean {
  if (chunk.length > longestComment) return true;
  return !/^(?:(?::[^\r\n]*)?(?:\r\n|\n|\r))*$/.test(chunk.toString('latin1'));
}
