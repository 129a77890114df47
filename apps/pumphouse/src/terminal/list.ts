import { formatTable, type Column } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Formats a list of objects as a table that fits the terminal; an empty one as a sentence. */
export function formatList<Row>(
  terminal: Terminal,
  rows: readonly Row[],
  { columns, empty }: { columns: readonly Column<Row>[]; empty: string },
): string {
  if (rows.length === 0) return empty;
  return formatTable(rows, columns, {
    width: terminal.width,
    title: (text) => terminal.tone('strong', text),
  });
}
