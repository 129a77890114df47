import type { LiveMessage, LogMessage } from './coalescing-queue.ts';
import type { Logger } from 'pino';
import type { ReadLines, ReadLogLines } from '../logs/read-log-lines.ts';

/** More lines are not sent: a reader that needs them, which shows 50, reads a range. */
const maxAddedLines = 200;
/** In UTF-16 units. */
const maxAddedLength = 64 * 1024;

/**
 * Creates a function that adds the new lines to messages of growing logs. Lines are read when the follower takes the
 * message, so a slow follower keeps no lines in memory, and gets only the length if there are many by then.
 */
export function createAddLogLines(readLogLines: ReadLogLines, log: Logger) {
  async function read(workspaceId: string, jobRunId: string, from: number, to: number) {
    if (to <= from || to - from > maxAddedLines) return null;
    try {
      const read = await readLogLines(workspaceId, jobRunId, { fromLine: from, limit: to - from });
      const length = read.lines.reduce((sum, { content }) => sum + content.length, 0);
      return length <= maxAddedLength ? read : null;
    } catch (error) {
      // The length is enough: the follower reads the lines itself, and gets the error.
      log.warn({ err: error, jobRunId }, 'the new lines of a log were not read for a stream of events');
      return null;
    }
  }

  return async function* addLogLines(
    messages: AsyncIterable<LiveMessage>,
    logs: readonly { workspaceId: string; jobRunId: string }[],
  ): AsyncGenerator<LiveMessage> {
    const workspaces = new Map(logs.map(({ workspaceId, jobRunId }) => [jobRunId, workspaceId]));
    const sentLines = new Map<string, number>();

    async function addTo(message: LogMessage): Promise<LogMessage> {
      const { jobRunId, lineCount } = message.extent;
      const from = sentLines.get(jobRunId);
      sentLines.set(jobRunId, lineCount);
      const workspaceId = workspaces.get(jobRunId);
      if (from === undefined || workspaceId === undefined) return message;
      const added: ReadLines | null = await read(workspaceId, jobRunId, from, lineCount);
      return added === null ? message : { ...message, added };
    }

    for await (const message of messages) yield message.kind === 'log' ? await addTo(message) : message;
  };
}
