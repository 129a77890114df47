import { createParser } from 'eventsource-parser';

/** One event of an event stream. */
export interface StreamEvent {
  /** Name of the event; `message` if the stream sends none. */
  event: string;
  /** The data lines, joined by line feeds. */
  data: string;
}

/** Yields the lines of a stream, with any line ending. Leaving the loop early closes the stream. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let pending = '';
  for await (const text of readTexts(stream)) {
    const { lines, rest } = splitLines(pending + text, false);
    yield* lines;
    pending = rest;
  }
  yield* splitLines(pending, true).lines;
}

/** Decodes a stream. Leaving the loop early closes it, also in browsers whose streams are not iterable. */
async function* readTexts(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      yield done ? decoder.decode() : decoder.decode(value, { stream: true });
      if (done) return;
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

/** Yields the events of an event stream. An incomplete event at the end is dropped, as the HTML standard says. */
export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let events: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => void events.push({ event, data }),
  });
  for await (const text of readTexts(stream)) {
    parser.feed(text);
    const parsed = events;
    events = [];
    yield* parsed;
  }
}
