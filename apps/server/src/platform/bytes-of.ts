import type { Readable } from 'node:stream';

/** Types the chunks of a byte stream, which Node does not. */
export function bytesOf(stream: Readable): AsyncIterable<Buffer> {
  return stream;
}
