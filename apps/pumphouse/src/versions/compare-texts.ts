import { structuredPatch } from 'diff';
import type { TextHunk } from './format-differences.ts';

const contextLines = 3;
/** Texts that differ in more lines are shown as one removed and one added text: the time grows with its square. */
const maxEditLines = 1000;

type TextLine = TextHunk['lines'][number];

/** Compares two texts, with the hunks that the API returns for two deployed files. */
export function compareTexts(before: string, after: string): TextHunk[] {
  const options = { context: contextLines, maxEditLength: maxEditLines };
  const patch = structuredPatch('', '', before, after, undefined, undefined, options);
  const hunks = patch?.hunks ?? [replaceAll(before, after)];
  return hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => ({
    old_start: oldStart,
    old_lines: oldLines,
    new_start: newStart,
    new_lines: newLines,
    lines: readLines(lines, oldStart, newStart),
  }));
}

interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: string[];
}

function replaceAll(before: string, after: string): Hunk {
  const removed = splitLines(before);
  const added = splitLines(after);
  return {
    oldStart: 1,
    oldLines: removed.length,
    newStart: 1,
    newLines: added.length,
    lines: [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)],
  };
}

function splitLines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** Each line begins with its sign; `\` says that the line before it has no line feed. */
function readLines(signed: readonly string[], oldStart: number, newStart: number): TextLine[] {
  let old_number = oldStart;
  let new_number = newStart;
  const lines: TextLine[] = [];
  for (const line of signed) {
    const rest = { text: line.slice(1), no_newline_at_end: false };
    const last = lines.at(-1);
    if (line.startsWith('\\')) {
      if (last) last.no_newline_at_end = true;
    } else if (line.startsWith('-')) {
      lines.push({ kind: 'removed', old_number: old_number++, new_number: null, ...rest });
    } else if (line.startsWith('+')) {
      lines.push({ kind: 'added', old_number: null, new_number: new_number++, ...rest });
    } else {
      lines.push({ kind: 'context', old_number: old_number++, new_number: new_number++, ...rest });
    }
  }
  return lines;
}
