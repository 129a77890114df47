import type { TextHunk, TextLine } from '../versions/compare-texts.ts';
import { compareTexts } from '../versions/compare-texts.ts';
import { normalizeLogLine } from '../logs/normalize-log-line.ts';

/** The last lines of a log. */
export interface LogTail {
  /** How many lines come before them. */
  linesBefore: number;
  lines: readonly string[];
}

/**
 * The lines in which two logs differ, without regard to what differs between any two runs. The texts are those of the logs, of a line that both
 * have that of the later one; numbers count from 1, through the whole log. Other work goes on in between, as with texts.
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

/** Gives equal texts one number. Short lines are compared faster than long ones, and no text has a line feed of its own. */
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
