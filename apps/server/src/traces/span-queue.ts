import type { Span, SpanSender } from './span.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

export interface SpanQueueOptions {
  /** Sends one batch. Rejects if the collector did not accept it. */
  exportSpans: (spans: readonly Span[]) => Promise<void>;
  isSampled: (traceId: string) => boolean;
  instruments: Pick<Instruments, 'spansLost' | 'spansSent'>;
  log: Logger;
  /** How long `send` waits for a collector that answers. */
  maxWaitMs?: number;
}

/** Spans that wait for a collector. Further ones are lost, so that a collector that is down costs little memory. */
export const maxQueuedSpans = 4096;
const maxBatch = 512;
/** A collector answers within milliseconds. The caller holds the event of a run's end meanwhile. */
const defaultMaxWaitMs = 1000;
const maxCloseMs = 3000;
/** A collector that is down is in the log once in this time. */
const warnPauseMs = 10 * 60_000;

/** Creates a bounded queue that sends spans in batches, one at a time. */
export function createSpanQueue(options: SpanQueueOptions): SpanSender {
  const { exportSpans, isSampled, instruments, log, maxWaitMs = defaultMaxWaitMs } = options;
  const queue: Span[] = [];
  let sending: Promise<void> | null = null;
  let isFailing = false;
  let warnedAt = -Infinity;

  function noteFailure(error: unknown, count: number): void {
    isFailing = true;
    instruments.spansLost(count);
    const now = Date.now();
    if (now - warnedAt < warnPauseMs) return;
    warnedAt = now;
    log.warn({ err: error }, 'traces were not sent; runs are not affected');
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, maxBatch);
      try {
        await exportSpans(batch);
        isFailing = false;
        instruments.spansSent(batch.length);
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
    isSampled,
    async send(spans) {
      const room = maxQueuedSpans - queue.length;
      queue.push(...spans.slice(0, room));
      if (spans.length > room) instruments.spansLost(spans.length - Math.max(0, room));
      const work = start();
      // While the collector fails, only the queue waits for it.
      if (!isFailing) await waitFor(work, maxWaitMs);
    },
    close: () => waitFor(start(), isFailing ? 0 : maxCloseMs),
  };
}
