import { stripVTControlCharacters } from 'node:util';
import { removeControls } from './plain-text.ts';

/** A column of a table: its title, and what happens if the terminal is too narrow. */
export interface Column<Row> {
  title: string;
  text: (row: Row) => string;
  /** Columns with a higher number are left out first; 0 (default) stays and is shortened. */
  dropOrder?: number;
  isNumber?: boolean;
  /** Long text, such as the reason of a failure: it is shortened before any other column is. */
  isProse?: boolean;
  /** The last word matters, such as the number of a run: text is shortened before it. */
  keepsLastWord?: boolean;
}

const gap = '  ';
const minShortened = 8;
/** Prose needs this much to be useful; no other column is left out for more. */
const minProse = 24;

/**
 * Formats rows as a table that fits the width: optional columns are left out, then the widest column is
 * shortened with an ellipsis. Colour codes in cells do not count.
 */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, title = (text: string) => text }: { width: number; title?: (text: string) => string },
): string {
  const shown = chooseColumns(rows, columns, width);
  const cells = [
    shown.map((column) => column.title),
    ...rows.map((row) => shown.map((column) => toCell(column, row))),
  ];
  const prose = shown.map(({ isProse }) => isProse ?? false);
  const widths = shortenWidest(measure(cells), { width, prose });
  const lines = cells.map((line, index) => {
    const padded = line.map((cell, column) => pad(cell, widths[column] ?? 0, shown[column] ?? {}));
    const joined = padded.join(gap).trimEnd();
    return index === 0 ? title(joined) : joined;
  });
  return `${lines.join('\n')}\n`;
}

/** Leaves out columns, those with the highest drop order first, until the table may fit. */
function chooseColumns<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number) {
  let shown = columns.filter(({ text }) => rows.length === 0 || rows.some((row) => text(row) !== ''));
  for (;;) {
    const cells = [
      shown.map(({ title }) => title),
      ...rows.map((row) => shown.map((column) => toCell(column, row))),
    ];
    const last = Math.max(0, ...shown.map(({ dropOrder = 0 }) => dropOrder));
    const needed = measure(cells).map((length, index) =>
      shown[index]?.isProse ? Math.min(length, minProse) : length,
    );
    if (last === 0 || sum(needed) <= width) return shown;
    shown = shown.filter(({ dropOrder = 0 }) => dropOrder !== last);
  }
}

/** A cell is one line, and only its colours control the terminal. */
function toCell<Row>({ text }: Column<Row>, row: Row): string {
  return removeControls(text(row).replaceAll(/\s*[\r\n]+\s*/g, ' '), { isColoured: true });
}

function measure(cells: readonly string[][]): number[] {
  return (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => lengthOf(line[column] ?? ''))));
}

interface Space {
  width: number;
  /** Which columns are prose. */
  prose: readonly boolean[];
}

/** Shortens prose first, then the widest column, until the columns fit. */
function shortenWidest(widths: number[], { width, prose }: Space): number[] {
  const shortened = [...widths];
  while (sum(shortened) > width) {
    const candidates = shortened.map((length, index) => (prose[index] && length > minShortened ? length : 0));
    const widest = Math.max(...candidates) > 0 ? candidates : shortened;
    const column = widest.indexOf(Math.max(...widest));
    const current = shortened[column] ?? 0;
    if (current <= minShortened) return shortened;
    shortened[column] = Math.max(minShortened, current - (sum(shortened) - width));
  }
  return shortened;
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0) + gap.length * Math.max(0, widths.length - 1);
}

type Alignment = Pick<Column<unknown>, 'isNumber' | 'keepsLastWord'>;

function pad(cell: string, width: number, { isNumber, keepsLastWord }: Alignment): string {
  const length = lengthOf(cell);
  if (length > width) return shorten(stripVTControlCharacters(cell), width, keepsLastWord ?? false);
  const space = ' '.repeat(width - length);
  return isNumber ? space + cell : cell + space;
}

function shorten(text: string, width: number, keepsLastWord: boolean): string {
  const end = keepsLastWord ? (/ \S+$/.exec(text)?.[0] ?? '') : '';
  const start = width - 1 - end.length;
  return start > 0 ? `${text.slice(0, start)}…${end}` : `${text.slice(0, width - 1)}…`;
}

function lengthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
