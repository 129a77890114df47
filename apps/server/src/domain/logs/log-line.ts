/** One line of a run's log, with the field names of the dlt API. */
export interface LogLine {
  line_num: number;
  content: string;
  /** `user`: output of the run; `setup`: the build of its environment; `runner`: messages from Pumphouse. */
  source: 'user' | 'setup' | 'runner';
  stage: 'build' | 'run';
  io_stream: 'stdout' | 'stderr' | 'other';
  /** ISO 8601 with time zone. */
  reported_at: string;
}

export type UnnumberedLogLine = Omit<LogLine, 'line_num'>;

// The dlt client also splits the stream at these characters, so an unescaped one would break the JSON of a
// line.
const lineBreakers = /[\u0085\u2028\u2029]/g;

/** Formats a log line as NDJSON, including the newline. */
export function formatLogLine(line: LogLine): string {
  return `${escapeLineBreakers(JSON.stringify(line))}\n`;
}

/** Parses a stored line. Only `formatLogLine` writes them, so a search does not check each one again. */
export function parseLogLine(json: string): LogLine {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the structure is that of `formatLogLine`
  return JSON.parse(json) as LogLine;
}

function escapeLineBreakers(json: string): string {
  return json.replace(lineBreakers, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Escapes a text as it appears in the content of an NDJSON line. */
export function escapeAsContent(text: string): string {
  return escapeLineBreakers(JSON.stringify(text)).slice(1, -1);
}

/** Replaces the number of an NDJSON line; lines of later attempts continue the numbering of earlier ones. */
export function renumberLogLine(ndjson: string, lineNumber: number): string {
  return ndjson.replace(/^\{"line_num":\d+/, `{"line_num":${lineNumber}`);
}

const newlines = /\s*[\r\n\u0085\u2028\u2029]+\s*/g;

/**
 * Creates a message from Pumphouse, always as one line: the console and terminals would join or break a line
 * that contains a line break. All such messages are created here.
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

/** Describes the grace period of a run that is stopped; appended to every stop message. */
export function describeGrace(graceSeconds: number): string {
  return `It has ${graceSeconds} s to end before it is killed.`;
}

/**
 * Returns the content of a line for views without a source: messages from Pumphouse get a prefix, user output
 * stays unchanged.
 */
export function contentWithoutSource({ content, source }: Pick<LogLine, 'content' | 'source'>): string {
  return source === 'runner' ? `Pumphouse: ${toOneLine(content)}` : content;
}

const runnerSource = '"source":"runner"';

/**
 * Rewrites log lines for the dlt client. It hides the source `runner`, so messages from Pumphouse get the
 * source `setup` and a prefix. All other lines stay byte for byte: quotes in content are escaped, so user
 * output can never contain the searched text.
 * @param ndjson whole lines
 */
export function showRunnerLines(ndjson: Uint8Array): Uint8Array {
  const bytes = Buffer.from(ndjson.buffer, ndjson.byteOffset, ndjson.length);
  if (!bytes.includes(runnerSource)) return ndjson;
  return Buffer.from(bytes.toString().replace(/[^\n]+\n/g, showRunnerLine));
}

function showRunnerLine(json: string): string {
  if (!json.includes(runnerSource)) return json;
  const line = parseLogLine(json);
  return formatLogLine({ ...line, content: contentWithoutSource(line), source: 'setup' });
}

/** Describes what a run that has not started waits for. */
export function waitLine(reason: string, at: Date): UnnumberedLogLine {
  return runnerLine(reason, at);
}

export function setupLine(content: string, stream: 'stdout' | 'stderr', at: Date): UnnumberedLogLine {
  return { content, source: 'setup', stage: 'build', io_stream: stream, reported_at: at.toISOString() };
}
