import { cutSelection, sortSelection, type TextSelection } from './log-selection.ts';
import type { LogLines } from './log-lines.ts';
import { stripAnsi } from './ansi.ts';
import { formatNoun, formatCount } from '../look/format.ts';

/** More is a file to download, not a text to paste. */
const mostCopiedLines = 100_000;

/** Writes to the clipboard what takes a while to be known. Safari wants the promise, not its outcome, while the keys are still down. */
async function writeText(text: Promise<string>): Promise<void> {
  const blob = text.then((each) => new Blob([each], { type: 'text/plain' }));
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
}

/**
 * Copies whole lines, from the server where they are not here.
 * @param numbers of the lines, from 0 on
 * @returns how many were copied
 */
export async function copyLines(lines: LogLines, numbers: readonly number[]): Promise<number> {
  refuseTooMany(numbers.length);
  await writeText(readTexts(lines, numbers).then((texts) => texts.join('\n')));
  return numbers.length;
}

/**
 * Copies a selection that begins or ends within lines.
 * @param lineOf the number of the line that a row shows
 * @returns how many lines it touches
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
  if (count > mostCopiedLines)
    throw new Error(
      `${formatNoun(count, 'line')} are selected; at most ${formatCount(mostCopiedLines)} can be copied. Download the log instead.`,
    );
}

/** Lines that follow each other come by few requests; those of a filter that are far apart by one each. */
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
