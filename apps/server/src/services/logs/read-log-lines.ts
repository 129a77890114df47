import type { LogLine } from '../../domain/logs/log-line.ts';
import type { OpenRunLog, RunLog } from './open-run-log.ts';
import { resolveLine } from '../../domain/logs/log-layout.ts';

export type ReadLine = LogLine & { truncated?: true };

/** Lines of a log, and what there is of it. */
export interface ReadLines {
  log: RunLog;
  lines: ReadLine[];
}

/** Of what a line says, in UTF-16 units; a run's lines have 64 KiB at most. */
export const mostContent = 16 * 1024;
/** Of one answer, in UTF-16 units; the line that passes it is the last. */
const mostOfAnswer = 1024 * 1024;

/** Gives the lines of a run from a number on, which counts from the end where it is negative. Reads what it gives and little more. */
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
      const line = excerpt(JSON.parse(json) as LogLine, part.firstLine + index);
      lines.push(line);
      size += line.content.length;
      if (lines.length === range.limit || size > mostOfAnswer) return lines;
    }
  }
  return lines;
}

function excerpt(line: LogLine, lineNumber: number): ReadLine {
  if (line.content.length <= mostContent) return { ...line, line_num: lineNumber };
  // Not within a surrogate pair, of which one half is no text.
  const content = line.content.slice(0, mostContent).replace(/[\uD800-\uDBFF]$/, '');
  return { ...line, line_num: lineNumber, content, truncated: true };
}
