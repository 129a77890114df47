import type { TextHunk, TextLine } from '../versions/compare-texts.ts';
import { compareTexts } from '../versions/compare-texts.ts';
import { normalizeLogLine } from '../logs/normalize-log-line.ts';

/** The last lines of a log. */
export interface LogTail {
  /** Number of lines before them. */
  linesBefore: number;
  lines: readonly string[];
}

/**
 * Compares two logs, ignoring values that differ between any two runs. The result contains original texts; a
 * line in both logs has the text of the later one. Line numbers start at 1 and refer to the whole log. Yields
 * to other work in between, like compareTexts.
 */
export async function compareLogs(before: LogTail, after: LogTail): Promise<TextHunk[]> {
  const numberOf = numberTexts();
  const toText = ({ lines }: LogTail) =>
    lines.map((line) => `${numberOf(normalizeLogLine(line))}\n`).join('');
  const hunks = await compareTexts(toText(before), toText(after));
  return hunks.map((hunk) => ({
    ...hunk,
    oldStart: hunk.oldStart + before.linesBefore,
    newStart: hunk.newStart + after.linesBefore,
    lines: hunk.lines.map((line) => readLine(line, before, after)),
  }));
}

/**
 * Assigns the same number to equal texts. Short lines are faster to compare than long ones, and a number
 * contains no line feed.
 */
function numberTexts(): (text: string) => number {
  const numbers = new Map<string, number>();
  return (text) => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
}

function readLine({ kind, oldNumber, newNumber }: TextLine, before: LogTail, after: LogTail): TextLine {
  const text = newNumber === null ? before.lines[(oldNumber ?? 0) - 1] : after.lines[newNumber - 1];
  return {
    kind,
    oldNumber: oldNumber === null ? null : oldNumber + before.linesBefore,
    newNumber: newNumber === null ? null : newNumber + after.linesBefore,
    text: text ?? '',
    noNewlineAtEnd: false,
  };
}
