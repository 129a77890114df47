import type { UnnumberedLogLine } from '../domain/logs/log-line.ts';

/**
 * Collects lines while earlier ones are written, so that a verbose build costs one write per round trip
 * instead of one per line. Lines keep their order; `close` resolves when the last one is written.
 */
export function createLineBuffer(write: (lines: readonly UnnumberedLogLine[]) => Promise<void>) {
  let waiting: UnnumberedLogLine[] = [];
  let writing: Promise<void> | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      await write(lines);
    }
    writing = null;
  }

  return {
    add(line: UnnumberedLogLine): void {
      waiting.push(line);
      writing ??= drain();
      // `close` reports a failed write; until then the rejection must not end the process.
      writing.catch(() => undefined);
    },
    async close(): Promise<void> {
      await writing;
    },
  };
}
