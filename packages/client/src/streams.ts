/** One event of an event stream. */
export interface StreamEvent {
  /** Name of the event; `message` if the stream sends none. */
  event: string;
  /** The data lines, joined by line feeds. */
  data: string;
}

/** Yields the lines of a stream, with any line ending. Leaving the loop early closes the stream. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      pending += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const { lines, rest } = splitLines(pending, done);
      yield* lines;
      if (done) return;
      pending = rest;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A carriage return at the end of a chunk may be half of a line ending, so it is kept for the next chunk. */
function splitLines(text: string, ended: boolean): { lines: string[]; rest: string } {
  const held = !ended && text.endsWith('\r') ? '\r' : '';
  const lines = text.slice(0, text.length - held.length).split(/\r\n|\n|\r/);
  const rest = lines.pop() ?? '';
  if (ended && rest !== '') lines.push(rest);
  return { lines, rest: rest + held };
}

/**
 * Yields the events of an event stream, as the HTML standard defines: comments and unknown fields are
 * ignored, and an incomplete event at the end is dropped.
 */
export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let event = '';
  let data: string[] = [];
  for await (const line of readLines(stream)) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
}
