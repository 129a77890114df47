type CsvCell = string | number | boolean | null | undefined;

/** Spreadsheets take such a cell for a formula. */
const formulaStart = /^[=+\-@\t\r]/;

/**
 * Writes rows as CSV (RFC 4180), with a byte order mark so that spreadsheets read it as UTF-8. Text that a
 * spreadsheet would run as a formula starts with an apostrophe, because runs and users choose such texts.
 */
export function toCsv(rows: readonly (readonly CsvCell[])[]): string {
  return `\uFEFF${rows.map((row) => `${row.map(toCell).join(',')}\r\n`).join('')}`;
}

function toCell(value: CsvCell): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = formulaStart.test(value.trimStart()) || formulaStart.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
