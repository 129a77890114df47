import { ApiError } from '@pumphouse/client';
import type { LogLine, LogLineExcerpt } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import { runnerPrefix } from './format-line.ts';

/** The most lines that one request returns. */
const maxRangeLines = 2000;

/** Reads a whole log, with lines of any length. A run without a log yet has no lines. */
export async function* readWholeLog(session: Session, jobRunId: string): AsyncGenerator<LogLineExcerpt> {
  const workspaceId = await session.workspaceId();
  try {
    for await (const line of session.client.readLog({ workspaceId, jobRunId })) yield restoreSource(line);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
}

/** Reads the last lines of a log, without those before them. */
export async function* readLastLines(
  session: Session,
  jobRunId: string,
  count: number,
): AsyncGenerator<LogLineExcerpt> {
  const params = { workspace_id: await session.workspaceId(), job_run_id: jobRunId };
  let left = count;
  for (let from = -count; left > 0;) {
    const query = { from_line: from, limit: Math.min(left, maxRangeLines) };
    const { lines } = await session.client.call('read_log_lines', { params, query });
    yield* lines;
    const last = lines.at(-1);
    if (last === undefined) return;
    left -= lines.length;
    from = last.line_num + 1;
  }
}

/** The dlt API has no source for messages from Pumphouse: it returns them with their prefix, as output of the set-up. */
function restoreSource(line: LogLine): LogLine {
  if (line.source !== 'setup' || !line.content.startsWith(runnerPrefix)) return line;
  return { ...line, source: 'runner', content: line.content.slice(runnerPrefix.length) };
}
