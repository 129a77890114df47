/** A frame of a traceback: location and the code lines that Python prints. */
export interface TracebackFrame {
  /** Relative to the workspace for the user's own code, else as Python prints it. */
  file: string;
  line: number;
  name: string | null;
  code: string[];
  /** True for the user's own code, which they can change. */
  isOwn: boolean;
}

/** A part of a traceback, in order. */
export type TracebackPart =
  | { kind: 'own'; frame: TracebackFrame }
  /** Consecutive library frames, shown collapsed. */
  | { kind: 'others'; frames: TracebackFrame[] }
  /** An exception with its message. */
  | { kind: 'text'; text: string }
  /** Python's sentence that connects two exceptions. */
  | { kind: 'link'; text: string };

const header = /^\s*(?:\+ Exception Group |[A-Z]{4,8}: {1,8})?Traceback \(most recent call last\):$/;
const frameLine = /^ {2}File "([^"]{1,2000})", line (\d{1,9})(?:, in (.{1,500}))?$/;
/** Path of a run's code: `work`, then the attempt's folder, then the workspace's files. */
const ownFile = /^.*\/work\/[^/]+\/(?!.*\/site-packages\/)(.+)$/;

/** Parses a traceback as Python prints it and groups library frames. Other lines stay text. */
export function readTraceback(text: string): TracebackPart[] {
  const parts: TracebackPart[] = [];
  let frame: TracebackFrame | null = null;
  for (const line of text.replaceAll('\r', '').split('\n')) {
    const next = readFrame(line);
    if (next) addFrame(parts, (frame = next));
    else if (frame && line.startsWith('    ')) frame.code.push(line.slice(4));
    else {
      frame = null;
      if (isConnector(line)) parts.push({ kind: 'link', text: line });
      else if (!header.test(line)) addText(parts, line);
    }
  }
  return parts.map(trimText).filter((part) => part.kind !== 'text' || part.text !== '');
}

/**
 * Splits a traceback after the main exception. The rest are exceptions raised from it, which repeat the same
 * failure at outer levels.
 * @param type qualified type of the main exception; null if unknown
 */
export function splitTraceback(
  parts: readonly TracebackPart[],
  type: string | null,
): [main: TracebackPart[], rest: TracebackPart[]] {
  const end = parts.findIndex((part) => part.kind === 'text' && type !== null && part.text.startsWith(type));
  return end < 0 ? [[...parts], []] : [parts.slice(0, end + 1), parts.slice(end + 1)];
}

/** The last traceback in a run's output, with its causes; null if there is none. */
export function findLastTraceback(lines: readonly string[]): string | null {
  const start = findTracebackStart(lines);
  return start === null ? null : lines.slice(start).join('\n');
}

/** The index of the first line of the last traceback, which is that of its first cause; null if there is none. */
export function findTracebackStart(lines: readonly string[]): number | null {
  let start = lines.findLastIndex((line) => header.test(line));
  if (start < 0) return null;
  for (let earlier = start; earlier > 0; start = earlier) {
    if (!isConnector(lines[start - 2])) break;
    earlier = lines.findLastIndex((line, index) => index < start && header.test(line));
    if (earlier < 0) break;
  }
  return start;
}

/**
 * The path of a library file below the folder of packages or of the standard library:
 * `dlt/extract/pipe_iterator.py`. Other paths stay as they are.
 */
export function shortenLibraryPath(file: string): string {
  return file.replace(/^.*\/(?:site-packages|dist-packages|lib\/python3\.\d+)\//, '');
}

function isConnector(line: string | undefined): boolean {
  return (
    line === 'The above exception was the direct cause of the following exception:' ||
    line === 'During handling of the above exception, another exception occurred:'
  );
}

function readFrame(line: string): TracebackFrame | null {
  const [, file, number, name] = frameLine.exec(line) ?? [];
  if (file === undefined) return null;
  const own = ownFile.exec(file)?.[1];
  return { file: own ?? file, line: Number(number), name: name ?? null, code: [], isOwn: own !== undefined };
}

function addFrame(parts: TracebackPart[], frame: TracebackFrame): void {
  const last = parts.at(-1);
  if (frame.isOwn) parts.push({ kind: 'own', frame });
  else if (last?.kind === 'others') last.frames.push(frame);
  else parts.push({ kind: 'others', frames: [frame] });
}

function addText(parts: TracebackPart[], line: string): void {
  const last = parts.at(-1);
  if (last?.kind === 'text') last.text += `\n${line}`;
  else parts.push({ kind: 'text', text: line });
}

function trimText(part: TracebackPart): TracebackPart {
  return part.kind === 'text' ? { ...part, text: part.text.replace(/^\n+|\s+$/g, '') } : part;
}
