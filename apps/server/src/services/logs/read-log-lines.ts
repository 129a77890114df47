import type { LogLine } from '../../domain/logs/log-line.ts';
import type { OpenRunLog, RunLog } from './open-run-log.ts';
import { parseLogLine } from '../../domain/logs/log-line.ts';
import { resolveLine } from '../../domain/logs/log-layout.ts';

export type ReadLine = LogLine & { truncated?: true };

/** Lines of a log, with the log they come from. */
export interface ReadLines {
  log: RunLog;
  lines: ReadLine[];
}

/** Maximum content of one line, in UTF-16 units; a run's lines have at most 64 KiB. */
export const maxContentLength = 16 * 1024;
/** Maximum content of one response, in UTF-16 units; the line that exceeds it is the last. */
const maxAnswerBytes = 1024 * 1024;

export type ReadLogLines = ReturnType<typeof createReadLogLines>;

/**
 * Creates the use case that returns the lines of a run from a number on; negative numbers count from the end.
 * Reads little more than it returns.
 */
export function createReadLogLines(openRunLog: OpenRunLog) {
  return async function readLogLines(
    workspaceId: string,
    jobRunId: string,
    range: { fromLine: number; limit: number },
  ): Promise<ReadLines> {
    const log = await openRunLog(workspaceId, jobRunId);
    return { log, lines: await gather(log, range) };
  };
}

async function gather(log: RunLog, range: { fromLine: number; limit: number }): Promise<ReadLine[]> {
  const lines: ReadLine[] = [];
  let size = 0;
  // Leaving the loop closes the file.
  for await (const part of log.read(resolveLine(range.fromLine, log.lineCount))) {
    for (const [index, json] of part.lines.entries()) {
      const line = excerpt(parseLogLine(json), part.firstLine + index);
      lines.push(line);
      size += line.content.length;
      if (lines.length === range.limit || size > maxAnswerBytes) return lines;
    }
  }
  return lines;
}

function excerpt(line: LogLine, lineNumber: number): ReadLine {
  if (line.content.length <= maxContentLength) return { ...line, line_num: lineNumber };
  // Do not split a surrogate pair: half of one is not valid text.
  const content = line.content.slice(0, maxContentLength).replace(/[\uD800-\uDBFF]$/, '');
  return { ...line, line_num: lineNumber, content, truncated: true };
}
