/**
 * Creates a function that records use at most every `everyMs` milliseconds; the first use is recorded at
 * once.
 */
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

/** Longer than any keep-alive comment that servers send. */
const maxCommentLength = 512;

/** Whether a chunk of an event stream contains events and not only keep-alive comments. */
export function hasEvents(chunk: Buffer): boolean {
  if (chunk.length > maxCommentLength) return true;
  return !/^(?:(?::[^\r\n]*)?(?:\r\n|\n|\r))*$/.test(chunk.toString('latin1'));
}
