import type { LogAppend, LogFiles } from './log-files.ts';
import type { LogChunkRows } from './log-chunks.ts';
import { LRUCache } from 'lru-cache';
import { countLines } from './log-index.ts';

/** More than a server drives at once. */
const maxKnown = 1000;

/**
 * Creates logs that are written to `primary`, while logs move between two stores. A log that began in `former`
 * is read there until the attempt writes its next line, or ends: then its lines are copied first.
 */
export function createFallbackLogFiles(primary: LogFiles, former: LogFiles): LogFiles {
  /** Attempts whose log is in `primary`, as far as this server knows. */
  const moved = new LRUCache<string, true>({ max: maxKnown });

  /** Where the log is, up to `toBytes`. */
  async function choose(attemptId: string, toBytes: number): Promise<LogFiles> {
    if (await primary.holds(attemptId, toBytes)) return primary;
    return (await former.holds(attemptId, toBytes)) ? former : primary;
  }

  async function moveStart(attemptId: string, toBytes: number, rows: LogChunkRows): Promise<void> {
    if (moved.has(attemptId)) return;
    if (toBytes > 0 && (await choose(attemptId, toBytes)) === former) {
      await copyLines(former, primary, { attemptId, toBytes, rows });
      // Not known as moved yet: the transaction may still fail.
      return;
    }
    moved.set(attemptId, true);
  }

  return {
    async append(attemptId, append, rows) {
      await moveStart(attemptId, append.expectedBytes, rows);
      await primary.append(attemptId, append, rows);
    },

    async *read(attemptId, read) {
      const from = await choose(attemptId, read.toBytes ?? 0);
      yield* from.read(attemptId, read);
    },

    async readEnd(attemptId, end) {
      const from = await choose(attemptId, end.toBytes);
      return from.readEnd(attemptId, end);
    },

    prepareSeal: (attemptId) => primary.prepareSeal(attemptId),

    async seal(attemptId, options, rows) {
      await moveStart(attemptId, options.toBytes, rows);
      return primary.seal(attemptId, options, rows);
    },

    holds: async (attemptId, toBytes) =>
      (await primary.holds(attemptId, toBytes)) || former.holds(attemptId, toBytes),

    async delete(attemptId) {
      await former.delete(attemptId);
      await primary.delete(attemptId);
    },
  };
}

/** Copies the lines of a log that is not sealed, up to `toBytes`. */
export async function copyLines(
  from: LogFiles,
  to: LogFiles,
  { attemptId, toBytes, rows }: { attemptId: string; toBytes: number; rows: LogChunkRows },
): Promise<void> {
  let next: Omit<LogAppend, 'data'> = { expectedBytes: 0, firstLine: 0 };
  for await (const data of from.read(attemptId, { fromLine: 0, toBytes })) {
    await to.append(attemptId, { ...next, data }, rows);
    next = { expectedBytes: next.expectedBytes + data.length, firstLine: next.firstLine + countLines(data) };
  }
}
