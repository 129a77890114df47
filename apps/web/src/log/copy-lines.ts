import { stripAnsi } from '@pumphouse/client';
import { cutSelection, sortSelection, type TextSelection } from './log-selection.ts';
import type { LogLines } from './log-lines.ts';
import { formatNoun, formatCount } from '../ui/format.ts';

/** Beyond this size users should download the log instead. */
const maxCopiedLines = 100_000;

/**
 * Writes text to the clipboard that is still loading. Safari requires the promise during the user's key
 * press, not the resolved text later.
 */
async function writeText(text: Promise<string>): Promise<void> {
  const blob = text.then((each) => new Blob([each], { type: 'text/plain' }));
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
}

/**
 * Copies whole lines and fetches those that are not loaded.
 * @param numbers line numbers, counted from 0
 * @returns the number of copied lines
 */
export async function copyLines(lines: LogLines, numbers: readonly number[]): Promise<number> {
  refuseTooMany(numbers.length);
  await writeText(readTexts(lines, numbers).then((texts) => texts.join('\n')));
  return numbers.length;
}

/**
 * Copies a selection that may start or end within a line.
 * @param lineOf maps a row to its line number
 * @returns the number of lines that the selection touches
 */
export async function copySelection(
  lines: LogLines,
  selection: TextSelection,
  lineOf: (row: number) => number,
): Promise<number> {
  const [from, to] = sortSelection(selection);
  const count = to.row - from.row + 1;
  refuseTooMany(count);
  const numbers = Array.from({ length: count }, (_, index) => lineOf(from.row + index));
  await writeText(readTexts(lines, numbers).then((texts) => cutSelection(texts, [from, to])));
  return count;
}

function refuseTooMany(count: number): void {
  if (count > maxCopiedLines)
    throw new Error(
      `${formatNoun(count, 'line')} selected, but at most ${formatCount(maxCopiedLines)} can be copied. Download the log instead.`,
    );
}

/** Fetches consecutive lines with few requests; scattered lines of a filter need one request each. */
async function readTexts(lines: LogLines, numbers: readonly number[]): Promise<string[]> {
  const texts: string[] = [];
  let index = 0;
  while (index < numbers.length) {
    const first = numbers[index] ?? 0;
    let count = 1;
    while (numbers[index + count] === first + count) count += 1;
    const read = await lines.read(first, first + count);
    texts.push(...read.map(({ content }) => stripAnsi(content)));
    index += count;
  }
  return texts;
}
