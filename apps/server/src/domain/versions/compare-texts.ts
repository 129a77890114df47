import type { StructuredPatch, StructuredPatchHunk } from 'diff';
import { structuredPatch } from 'diff';

export interface TextLine {
  kind: 'context' | 'removed' | 'added';
  /** Counted from 1; null if the line is not in that version. */
  oldNumber: number | null;
  newNumber: number | null;
  /** Without its line feed, but with a carriage return, because that may be the change. */
  text: string;
  /** True for the last line of a text that does not end with a line feed. */
  noNewlineAtEnd: boolean;
}

/**
 * Changed lines with their context. A side without lines starts at the line before its position, 0 if there
 * is none.
 */
export interface TextHunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: TextLine[];
}

const contextLines = 3;
/**
 * Maximum number of removed plus added lines for which the shortest difference is computed: the time grows
 * with its square. Texts that differ more are practically new texts.
 */
const maxEditLines = 1000;

/**
 * Compares two texts; returns the hunks of a unified diff. Texts that differ in more than 1,000 lines are one
 * hunk that removes all lines of one and adds all of the other. Yields to other work in between: finding a
 * large difference takes a good part of a second.
 */
export async function compareTexts(before: string, after: string): Promise<TextHunk[]> {
  const patch = await new Promise<StructuredPatch | undefined>((callback) => {
    const options = { context: contextLines, maxEditLength: maxEditLines, callback };
    structuredPatch('', '', before, after, undefined, undefined, options);
  });
  return patch ? patch.hunks.map(readHunk) : [replaceAll(before, after)];
}

function readHunk({ oldStart, oldLines, newStart, newLines, lines: signed }: StructuredPatchHunk): TextHunk {
  // Each line starts with its sign; `\\` means that the line before it has no line feed.
  let oldNumber = oldStart;
  let newNumber = newStart;
  const lines: TextLine[] = [];
  for (const line of signed) {
    const text = line.slice(1);
    const noNewlineAtEnd = false;
    if (line.startsWith('-')) {
      lines.push({ kind: 'removed', oldNumber: oldNumber++, newNumber: null, text, noNewlineAtEnd });
    } else if (line.startsWith('+')) {
      lines.push({ kind: 'added', oldNumber: null, newNumber: newNumber++, text, noNewlineAtEnd });
    } else if (line.startsWith('\\')) {
      const last = lines.at(-1);
      if (last) last.noNewlineAtEnd = true;
    } else {
      lines.push({
        kind: 'context',
        oldNumber: oldNumber++,
        newNumber: newNumber++,
        text,
        noNewlineAtEnd,
      });
    }
  }
  return {
    oldStart: oldLines === 0 ? oldStart - 1 : oldStart,
    oldLines,
    newStart: newLines === 0 ? newStart - 1 : newStart,
    newLines,
    lines,
  };
}

function replaceAll(before: string, after: string): TextHunk {
  const removed = splitLines(before);
  const added = splitLines(after);
  const lines: TextLine[] = [
    ...removed.map((line, index) => ({
      ...line,
      kind: 'removed' as const,
      oldNumber: index + 1,
      newNumber: null,
    })),
    ...added.map((line, index) => ({
      ...line,
      kind: 'added' as const,
      oldNumber: null,
      newNumber: index + 1,
    })),
  ];
  return {
    oldStart: Math.min(1, removed.length),
    oldLines: removed.length,
    newStart: Math.min(1, added.length),
    newLines: added.length,
    lines,
  };
}

function splitLines(text: string): Pick<TextLine, 'text' | 'noNewlineAtEnd'>[] {
  const lines = text.split('\n');
  const endsOpen = lines.at(-1) !== '';
  if (!endsOpen) lines.pop();
  return lines.map((line, index) => ({
    text: line,
    noNewlineAtEnd: endsOpen && index === lines.length - 1,
  }));
}
