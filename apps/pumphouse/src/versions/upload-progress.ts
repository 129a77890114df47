import { encodeForm } from '../http/encode-form.ts';
import { formatBytes } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Fetch = typeof globalThis.fetch;

/** Uploads below this size are over before a person reads a progress line. */
const minShownBytes = 1_000_000;
const redrawEveryMs = 100;

/** A fetch that shows how much of an upload the connection has taken, and at what rate. */
export function createUploadFetch(fetch: Fetch, terminal: Terminal, totalBytes: number): Fetch {
  return (input, init = {}) => {
    if (!(init.body instanceof FormData) || totalBytes < minShownBytes) return fetch(input, init);
    const encoded = encodeForm(init.body, init);
    const body = encoded.body instanceof ReadableStream ? encoded.body : null;
    return fetch(input, { ...encoded, body: body?.pipeThrough(countBytes(terminal, totalBytes)) ?? null });
  };
}

function countBytes(terminal: Terminal, totalBytes: number): TransformStream<Uint8Array, Uint8Array> {
  const startedAt = performance.now();
  let sentBytes = 0;
  let drawnAt = 0;
  return new TransformStream({
    transform(chunk, controller) {
      sentBytes += chunk.length;
      const now = performance.now();
      if (now - drawnAt > redrawEveryMs) {
        drawnAt = now;
        terminal.redraw(describeProgress(sentBytes, totalBytes, (now - startedAt) / 1000));
      }
      controller.enqueue(chunk);
    },
  });
}

function describeProgress(sentBytes: number, totalBytes: number, seconds: number): string {
  const share = Math.min(1, sentBytes / totalBytes);
  const bar = '█'.repeat(Math.round(share * 20)).padEnd(20, '░');
  const rate = formatBytes(sentBytes / Math.max(seconds, 0.001));
  return `Uploading ${bar} ${formatBytes(Math.min(sentBytes, totalBytes))} of ${formatBytes(totalBytes)}, ${rate}/s`;
}
