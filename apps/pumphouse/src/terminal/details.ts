import { removeControls } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

/** A line of an object's details. Lines without a value are left out. */
export type Detail = readonly [label: string, value: string | number | null | undefined];

/** Formats the details of one object: labels in a column, then their values, whose lines stay in theirs. */
export function formatDetails(terminal: Terminal, details: readonly Detail[]): string {
  const shown = details.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([label]) => label.length));
  const lineBreak = `\n${' '.repeat(width + 2)}`;
  const lines = shown.map(([label, value]) => {
    const lines = removeControls(String(value), { isColoured: true }).split('\n');
    return `${terminal.tone('quiet', label.padEnd(width))}  ${lines.join(lineBreak)}`;
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
