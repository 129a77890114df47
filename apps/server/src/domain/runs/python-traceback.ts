/*
 * Parses what Python wrote to stderr when it ended with an exception. The text is controlled by user code: it
 * may be truncated, imitate a traceback, or be made to take long. So the number and length of lines are
 * bounded first, and every pattern reads a line once.
 */

/** A location in a file, as in a traceback. */
export interface TracebackFrame {
  file: string;
  line: number;
  /** Null for a syntax error, which is in no function. */
  function: string | null;
}

/** One exception of a traceback. */
export interface RaisedException {
  /** With its module, as Python prints it. */
  type: string;
  /** All lines of the message. */
  message: string;
  /** Outermost first; only the last 100. */
  frames: TracebackFrame[];
  /**
   * Relation to the next exception in the list: `cause`, raised from it; `context`, raised while handling it.
   * Null for the last.
   */
  createdFrom: 'cause' | 'context' | null;
}

const maxLines = 20_000;
const maxLineLength = 4000;
const maxFrames = 100;
const maxExceptions = 50;
const maxMessageLength = 16_000;

const header = 'Traceback (most recent call last):';
/** As uvicorn and other servers log an exception: `ERROR:    Traceback (most recent call last):`. */
const loggedHeader = /^[A-Z]{4,8}: {1,8}Traceback \(most recent call last\):$/;
/** A line that such a server logs after the exception. */
const loggedLine = /^[A-Z]{4,8}: {1,8}\S/;
const groupHeader = '+ Exception Group Traceback (most recent call last):';
const connectors = new Map<string, 'cause' | 'context'>([
  ['The above exception was the direct cause of the following exception:', 'cause'],
  ['During handling of the above exception, another exception occurred:', 'context'],
]);
const frameLine = /^ {2}File "([^"]{1,2000})", line (\d{1,9})(?:, in (.{1,500}))?$/s;
const exceptionLine = /^([\p{L}_][\p{L}\p{N}_.<>]{0,199})(?:: ?(.*))?$/su;

/** A traceback at its position in the lines; `end` is the line after its message. */
interface Block extends Omit<RaisedException, 'createdFrom'> {
  start: number;
  end: number;
}

/**
 * Reads the exception that ended the process and the chain behind it, outermost first; empty without a
 * traceback. Of several tracebacks, uses the last one that starts at the bottom of the stack, as the
 * interpreter's own do; otherwise the last one.
 */
export function readLastTraceback(stderr: readonly string[]): RaisedException[] {
  const lines = stderr.slice(-maxLines).map((line) => line.slice(0, maxLineLength));
  const blocks = readBlocks(lines);
  const ended = blocks.findLastIndex((block) => isBottomOfStack(block.frames[0]));
  return chainOf(lines, blocks, ended === -1 ? blocks.length - 1 : ended);
}

function isBottomOfStack(frame: TracebackFrame | undefined): boolean {
  return frame?.file === '<frozen runpy>' || frame?.function === '<module>';
}

/** Collects an exception and the preceding ones that a connecting sentence links to it. */
function chainOf(lines: readonly string[], blocks: readonly Block[], index: number): RaisedException[] {
  const chain: RaisedException[] = [];
  for (let at = index; at >= 0 && chain.length < maxExceptions; at -= 1) {
    const block = blocks[at];
    if (!block) break;
    const createdFrom = at === 0 ? null : connectorBefore(lines, block);
    chain.push({ type: block.type, message: block.message, frames: block.frames, createdFrom });
    if (createdFrom === null) break;
  }
  return chain;
}

function connectorBefore(lines: readonly string[], { start }: Block): RaisedException['createdFrom'] {
  return connectors.get(lines[start - 2] ?? '') ?? null;
}

function readBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const block = isHeader(lines[at]) ? readBlock(lines, at) : null;
    if (block) blocks.push(block);
    at = block ? block.end : at + 1;
  }
  return blocks;
}

function isHeader(line: string | undefined): boolean {
  if (line === undefined) return false;
  return line === header || line.trimStart() === groupHeader || loggedHeader.test(line);
}

/**
 * Reads one traceback; null if no exception follows the frames, because the stack was only printed or the
 * text was truncated.
 */
function readBlock(lines: readonly string[], start: number): Block | null {
  const inGroup = groupLines(lines, start);
  const body = inGroup ?? lines;
  const from = inGroup ? 0 : start + 1;
  const frames: TracebackFrame[] = [];
  let at = from;
  for (; body[at]?.startsWith('  '); at += 1) {
    const frame = readFrame(body[at] ?? '');
    if (frame) frames.push(frame);
    if (frames.length > maxFrames) frames.shift();
  }
  const found = exceptionLine.exec(body[at] ?? '');
  if (!found?.[1]) return null;
  const isLogged = loggedHeader.test(lines[start] ?? '');
  const end = inGroup ? inGroup.length : endOfMessage(lines, at + 1, { isLogged });
  const message = [found[2] ?? '', ...body.slice(at + 1, end)].join('\n').slice(0, maxMessageLength);
  return {
    type: found[1],
    message: message.trimEnd(),
    frames,
    start,
    end: inGroup ? start + 1 + inGroup.length : end,
  };
}

/**
 * Returns the lines of an exception group before its members, without their margin; null for a plain
 * traceback.
 */
function groupLines(lines: readonly string[], start: number): string[] | null {
  const first = lines[start] ?? '';
  if (first === header || loggedHeader.test(first)) return null;
  const margin = `${' '.repeat(first.length - first.trimStart().length)}| `;
  const isInGroup = (line: string | undefined) => line?.startsWith(margin) ?? false;
  let end = start + 1;
  while (isInGroup(lines[end])) end += 1;
  return lines.slice(start + 1, end).map((line) => line.slice(margin.length));
}

function readFrame(line: string): TracebackFrame | null {
  const [, file, number, name] = frameLine.exec(line) ?? [];
  if (file === undefined || number === undefined) return null;
  return { file, line: Number(number), function: name ?? null };
}

/**
 * Finds the end of a message, which can have any number of lines: it ends at the next traceback or its
 * connecting sentence.
 */
function endOfMessage(lines: readonly string[], from: number, { isLogged }: { isLogged: boolean }): number {
  const isOver = (at: number) =>
    isHeader(lines[at]) || isAnnounced(lines, at) || (isLogged && loggedLine.test(lines[at] ?? ''));
  let at = from;
  while (at < lines.length && !isOver(at)) at += 1;
  return at;
}

function isAnnounced(lines: readonly string[], at: number): boolean {
  return lines[at] === '' && connectors.has(lines[at + 1] ?? '');
}
