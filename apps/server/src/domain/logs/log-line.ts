/** One line of a run's log, with the names of the dlt API. */
export interface LogLine {
  line_num: number;
  content: string;
  /** `user`: the run's own output; `setup`: the build of its environment; `runner`: messages from Pumphouse. */
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

const newlines = /\s*[\r\n\u0085\u2028\u2029]+\s*/g;

/**
 * A message from Pumphouse. Every such message is made here and is one line: the console and terminals would join or break a line that
 * contains another one.
 * @param at a time, or an instant as the bootstrap reports it
 */
export function runnerLine(message: string, at: Date | string): UnnumberedLogLine {
  const content = toOneLine(message);
  const reportedAt = typeof at === 'string' ? at : at.toISOString();
  return { content, source: 'runner', stage: 'run', io_stream: 'other', reported_at: reportedAt };
}

function toOneLine(message: string): string {
  return message.trim().replace(newlines, ' ');
}

/** How long a run that is told to end has; said of every stop. */
export function describeGrace(graceSeconds: number): string {
  return `It has ${graceSeconds} s to end before it is killed.`;
}

/** What a line says where its source is not shown: a message from Pumphouse is marked, user output stays as it is. */
export function contentWithoutSource({ content, source }: Pick<LogLine, 'content' | 'source'>): string {
  return source === 'runner' ? `Pumphouse: ${toOneLine(content)}` : content;
}

const runnerSource = '"source":"runner"';

/**
 * Log lines as the dlt client shows them. It hides the source `runner`, so messages from Pumphouse get the source `setup` and a prefix.
 * All other lines stay byte for byte: quotes inside content are escaped, so the searched text is never part of what user code printed.
 * @param ndjson whole lines
 */
export function showRunnerLines(ndjson: Uint8Array): Uint8Array {
  const bytes = Buffer.from(ndjson.buffer, ndjson.byteOffset, ndjson.length);
  if (!bytes.includes(runnerSource)) return ndjson;
  return Buffer.from(bytes.toString().replace(/[^\n]+\n/g, showRunnerLine));
}

function showRunnerLine(json: string): string {
  if (!json.includes(runnerSource)) return json;
  const line = JSON.parse(json) as LogLine;
  return formatLogLine({ ...line, content: contentWithoutSource(line), source: 'setup' });
}

/** What a run waits for that has not started. */
export function waitLine(reason: string, at: Date): UnnumberedLogLine {
  return runnerLine(reason, at);
}

export function setupLine(content: string, stream: 'stdout' | 'stderr', at: Date): UnnumberedLogLine {
  return { content, source: 'setup', stage: 'build', io_stream: stream, reported_at: at.toISOString() };
}
