import type { CompareSchemas } from '../services/pipelines/compare-schemas.ts';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

export interface SchemasLoop {
  start(): void;
  /** Resolves when the version that is under way is done. */
  stop(): Promise<void>;
}

const pauseSeconds = 600;

/**
 * Compares versions of schemas that were stored without it: at the start all of before there was a history, later those that an older
 * server on the same store took in.
 */
export function createSchemasLoop(compareWaiting: CompareSchemas, log: Logger): SchemasLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let loop: Promise<void> = Promise.resolve();

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      await compareWaiting(signal).catch((error: unknown) =>
        log.warn({ err: error }, 'versions of schemas were not compared; it goes on in the next round'),
      );
      // Ends early, without an error, when the server stops.
      await delay(pauseSeconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    start() {
      loop = repeat();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
