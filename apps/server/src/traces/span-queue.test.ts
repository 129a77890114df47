import type { Span } from './span.ts';
import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { createInstruments } from '../platform/instruments.ts';
import { createSpanQueue, maxQueuedSpans } from './span-queue.ts';

const log = pino({ level: 'silent' });
const spansOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: String(index) }) as Span);

/** A queue whose exports the test ends. */
function createQueue(maxWaitMs?: number) {
  const exports: { spans: readonly Span[]; end: PromiseWithResolvers<void> }[] = [];
  const instruments = createInstruments();
  const queue = createSpanQueue({
    exportSpans: async (spans) => {
      const end = Promise.withResolvers<void>();
      exports.push({ spans, end });
      await end.promise;
    },
    isSampled: () => true,
    instruments,
    log,
    ...(maxWaitMs !== undefined && { maxWaitMs }),
  });
  const read = async (name: string) =>
    (await instruments.registry.getSingleMetric(`pumphouse_trace_spans_${name}_total`)?.get())?.values[0]
      ?.value;
  return { queue, exports, read };
}

describe('a queue of spans', () => {
  it('resolves once the collector has accepted the spans', async () => {
    const { queue, exports, read } = createQueue(60_000);
    let isSent = false;
    const sending = queue.send(spansOf(3)).then(() => (isSent = true));
    await expect.poll(() => exports.length).toBe(1);
    expect(isSent).toBe(false);
    exports[0]?.end.resolve();
    await sending;
    expect(await read('sent')).toBe(3);
  });

  it('does not wait long for a collector that does not answer, and keeps no more than its limit', async () => {
    const { queue, exports, read } = createQueue(1);
    for (let sent = 0; sent < maxQueuedSpans * 2; sent += 512) await queue.send(spansOf(512));
    expect(exports).toHaveLength(1);
    // One batch is being sent, and the queue is full.
    expect(await read('lost')).toBe(maxQueuedSpans - 512);
  });

  it('loses a batch that is rejected, and sends the next one', async () => {
    const { queue, exports, read } = createQueue();
    const first = queue.send(spansOf(2));
    await expect.poll(() => exports.length).toBe(1);
    exports[0]?.end.reject(new Error('busy'));
    await first;
    // While the collector fails, nothing waits for it.
    await queue.send(spansOf(1));
    await expect.poll(() => exports.length).toBe(2);
    exports[1]?.end.resolve();
    await expect.poll(() => read('sent')).toBe(1);
    expect(await read('lost')).toBe(2);
  });
});
