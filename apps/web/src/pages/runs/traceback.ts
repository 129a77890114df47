/** A call in a traceback: where, and the lines of code that Python shows of it. */
export interface TracebackFrame {
  /** Relative to the workspace for the user's own code, else as Python names it. */
  file: string;
  line: number;
  name: string | null;
  code: string[];
  /** The user's own code, which is what they can change. */
  isOwn: boolean;
}

/** A part of a traceback, in its order. */
export type TracebackPart =
  | { kind: 'own'; frame: TracebackFrame }
  /** Frames of others that follow each other; they are folded. */
  | { kind: 'others'; frames: TracebackFrame[] }
  /** An exception with its message. */
  | { kind: 'text'; text: string }
  /** How the next exception came of the one before. */
  | { kind: 'link'; text: string };

const header = /^\s*(?:\+ Exception Group )?Traceback \(most recent call last\):$/;
const frameLine = /^ {2}File "([^"]{1,2000})", line (\d{1,9})(?:, in (.{1,500}))?$/;
/** Where the code of a run lies: `work`, below it a folder of the attempt, below that the workspace's files. */
const ownFile = /^.*\/work\/[^/]+\/(?!.*\/site-packages\/)(.+)$/;

/** A traceback as Python prints it, its frames read and those of others put together. What is no frame stays text. */
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
 * A traceback in two: up to the exception that is told of, and what came of it, which says the same again from farther away.
 * @param type of the exception, with its module; null where none is known
 */
export function splitTraceback(
  parts: readonly TracebackPart[],
  type: string | null,
): [told: TracebackPart[], rest: TracebackPart[]] {
  const end = parts.findIndex((part) => part.kind === 'text' && type !== null && part.text.startsWith(type));
  return end < 0 ? [[...parts], []] : [parts.slice(0, end + 1), parts.slice(end + 1)];
}

/** The traceback with which the lines end that a run wrote; null where there is none. */
export function findLastTraceback(lines: readonly string[]): string | null {
  let start = lines.findLastIndex((line) => header.test(line));
  if (start < 0) return null;
  for (let earlier = start; earlier > 0; start = earlier) {
    if (!isConnector(lines[start - 2])) break;
    earlier = lines.findLastIndex((line, index) => index < start && header.test(line));
    if (earlier < 0) break;
  }
  return lines.slice(start).join('\n');
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
