/** One line of a run's log, in the words of the dlt API. */
export interface LogLine {
  line_num: number;
  content: string;
  /** `user`: the run's own output; `setup`: the build of its environment; `runner`: what Pumphouse has to say. */
  source: 'user' | 'setup' | 'runner';
  stage: 'build' | 'run';
  io_stream: 'stdout' | 'stderr' | 'other';
  /** ISO 8601 with zone. */
  reported_at: string;
}

export type UnnumberedLogLine = Omit<LogLine, 'line_num'>;

// The dlt client splits the stream at these as well, so that a line that holds one raw would break its JSON.
const lineBreakers = /[\u0085\u2028\u2029]/g;

/** A log line as NDJSON, newline included. */
export function formatLogLine(line: LogLine): string {
  return `${escapeLineBreakers(JSON.stringify(line))}\n`;
}

function escapeLineBreakers(json: string): string {
  return json.replace(lineBreakers, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** How a text stands in the NDJSON of a line that has it among its content. */
export function escapeAsContent(text: string): string {
  return escapeLineBreakers(JSON.stringify(text)).slice(1, -1);
}

/** The same NDJSON line with another number; lines of later attempts go on where the earlier ones ended. */
export function renumberLogLine(ndjson: string, lineNumber: number): string {
  return ndjson.replace(/^\{"line_num":\d+/, `{"line_num":${lineNumber}`);
}

export function runnerLine(content: string, at: Date): UnnumberedLogLine {
  return { content, source: 'runner', stage: 'run', io_stream: 'other', reported_at: at.toISOString() };
}

/** What a run waits for that has not started. */
export function waitLine(reason: string, at: Date): UnnumberedLogLine {
  return runnerLine(reason, at);
}

export function setupLine(content: string, stream: 'stdout' | 'stderr', at: Date): UnnumberedLogLine {
  return { content, source: 'setup', stage: 'build', io_stream: stream, reported_at: at.toISOString() };
}
