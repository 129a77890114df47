import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { createExportQueue } from './export-queue.ts';

const log = pino({ level: 'silent' });
const maxQueued = 4096;
const itemsOf = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A queue whose exports the test ends. */
function createQueue(maxWaitMs?: number) {
  const exports: { items: readonly number[]; end: PromiseWithResolvers<void> }[] = [];
  const counts = { sent: 0, lost: 0 };
  const queue = createExportQueue<number>({
    exportBatch: async (items) => {
      const end = Promise.withResolvers<void>();
      exports.push({ items, end });
      await end.promise;
    },
    onSent: (count) => (counts.sent += count),
    onLost: (count) => (counts.lost += count),
    failureMessage: 'items were not sent',
    maxQueued,
    maxBatch: 512,
    log,
    ...(maxWaitMs !== undefined && { maxWaitMs }),
  });
  return { queue, exports, counts };
}

describe('a queue of items for a receiver', () => {
  it('resolves once the receiver has accepted the items', async () => {
    const { queue, exports, counts } = createQueue(60_000);
    let isSent = false;
    const sending = queue.send(itemsOf(3)).then(() => (isSent = true));
    await expect.poll(() => exports.length).toBe(1);
    expect(isSent).toBe(false);
    exports[0]?.end.resolve();
    await sending;
    expect(counts).toEqual({ sent: 3, lost: 0 });
  });

  it('does not wait long for a receiver that does not answer, and keeps no more than its limit', async () => {
    const { queue, exports, counts } = createQueue(1);
    for (let sent = 0; sent < maxQueued * 2; sent += 512) await queue.send(itemsOf(512));
    expect(exports).toHaveLength(1);
    // One batch is being sent, and the queue is full.
    expect(counts.lost).toBe(maxQueued - 512);
  });

  it('loses a batch that is rejected, and sends the next one', async () => {
    const { queue, exports, counts } = createQueue();
    const first = queue.send(itemsOf(2));
    await expect.poll(() => exports.length).toBe(1);
    exports[0]?.end.reject(new Error('busy'));
    await first;
    // While the receiver fails, nothing waits for it.
    await queue.send(itemsOf(1));
    await expect.poll(() => exports.length).toBe(2);
    exports[1]?.end.resolve();
    await expect.poll(() => counts.sent).toBe(1);
    expect(counts.lost).toBe(2);
  });
});
