import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

export interface ExportQueueOptions<Item> {
  /** Sends one batch. Rejects if the receiver did not accept it: the batch is lost then. */
  exportBatch: (items: readonly Item[]) => Promise<void>;
  /** Counts items that were accepted. */
  onSent: (count: number) => void;
  /** Counts items that are given up. */
  onLost: (count: number) => void;
  log: Logger;
  /** The warning in the log when a batch is lost, at most once in 10 minutes. */
  failureMessage: string;
  /** Items that wait at most. Further ones are lost, so that a receiver that is down costs little memory. */
  maxQueued: number;
  maxBatch: number;
  /** How long `send` waits for a receiver that answers. */
  maxWaitMs?: number;
}

export interface ExportQueue<Item> {
  /** Resolves when the receiver has the items, when they are given up, or after a short time in any case. */
  send(items: readonly Item[]): Promise<void>;
  /** Sends what is left, for a short time. */
  close(): Promise<void>;
}

/** A receiver answers within milliseconds. The caller holds the event of a run's end meanwhile. */
const defaultMaxWaitMs = 1000;
const maxCloseMs = 3000;
const warnPauseMs = 10 * 60_000;

/** Creates a bounded queue that sends items in batches, one at a time. */
export function createExportQueue<Item>(options: ExportQueueOptions<Item>): ExportQueue<Item> {
  const { exportBatch, onSent, onLost, log, failureMessage, maxQueued, maxBatch } = options;
  const { maxWaitMs = defaultMaxWaitMs } = options;
  const queue: Item[] = [];
  let sending: Promise<void> | null = null;
  let isFailing = false;
  let warnedAt = -Infinity;

  function noteFailure(error: unknown, count: number): void {
    isFailing = true;
    onLost(count);
    const now = Date.now();
    if (now - warnedAt < warnPauseMs) return;
    warnedAt = now;
    log.warn({ err: error }, failureMessage);
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, maxBatch);
      try {
        await exportBatch(batch);
        isFailing = false;
        onSent(batch.length);
      } catch (error) {
        noteFailure(error, batch.length);
      }
    }
  }

  function start(): Promise<void> {
    sending ??= drain().finally(() => {
      sending = null;
    });
    return sending;
  }

  const waitFor = (work: Promise<void>, ms: number) =>
    Promise.race([work, delay(ms, undefined, { ref: false })]);

  return {
    async send(items) {
      const room = maxQueued - queue.length;
      queue.push(...items.slice(0, room));
      if (items.length > room) onLost(items.length - Math.max(0, room));
      const work = start();
      // While the receiver fails, only the queue waits for it.
      if (!isFailing) await waitFor(work, maxWaitMs);
    },
    close: () => waitFor(start(), isFailing ? 0 : maxCloseMs),
  };
}
