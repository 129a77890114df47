import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

/** The open parts of a server, and how to close them. */
export interface OpenParts {
  /**
   * Registers the function that closes an open part.
   * @param name as the log names it
   */
  add(name: string, close: () => unknown): void;
  /** Lists the names of the parts that are not closed, in the order in which they close. */
  listOpen(): string[];
  /** Closes all parts. A part that fails to close, or does not in time, does not keep the others open. */
  close(): Promise<void>;
}

export interface OpenPartsOptions {
  /**
   * `last-first` closes one after the other, the last opened first; `together` all at once, which is faster for
   * parts that wait for their connections
   */
  order?: 'last-first' | 'together';
  /** How long the parts may take altogether; by default without a limit. */
  limitMs?: number;
  /** What each part gets after that: the last ones, such as the database, have not caused the delay. */
  minPartMs?: number;
  /** Lists the parts that are left. */
  log?: Pick<Logger, 'error'>;
}

/** Creates an empty list of open parts. */
export function createOpenParts({
  order = 'last-first',
  limitMs,
  minPartMs = 3000,
  log,
}: OpenPartsOptions = {}): OpenParts {
  const parts: Part[] = [];
  const open = new Set<Part>();

  async function closePart(part: Part, deadlineMs: number): Promise<unknown[]> {
    const work = (async () => part.close())().finally(() => open.delete(part));
    const settled = Promise.allSettled([work]).then(([result]) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (deadlineMs === Infinity) return settled;
    const waiting = new AbortController();
    const late = delay(Math.max(minPartMs, deadlineMs - performance.now()), 'late' as const, {
      signal: waiting.signal,
    });
    late.catch(() => undefined);
    const result = await Promise.race([settled, late]);
    waiting.abort();
    if (result !== 'late') return result;
    log?.error({ part: part.name }, 'a part of the server has not closed in time and is left');
    return [];
  }

  return {
    add(name, close) {
      const part = { name, close };
      parts.push(part);
      open.add(part);
    },
    listOpen: () => [...open].map(({ name }) => name).toReversed(),
    async close() {
      const closing = parts.splice(0).toReversed();
      const deadlineMs = limitMs === undefined ? Infinity : performance.now() + limitMs;
      const failures: unknown[] = [];
      if (order === 'together')
        failures.push(...(await Promise.all(closing.map((part) => closePart(part, deadlineMs)))).flat());
      else for (const part of closing) failures.push(...(await closePart(part, deadlineMs)));
      if (failures.length === 1) throw failures[0];
      if (failures.length > 1)
        throw new AggregateError(failures, `${failures.length} parts of the server failed to close`);
    },
  };
}

interface Part {
  name: string;
  close: () => unknown;
}
