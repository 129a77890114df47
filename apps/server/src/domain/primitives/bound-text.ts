const hidden = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]+/gu;

/**
 * Makes one line of a text, of at most this many UTF-16 units, with an ellipsis where it was cut. Control
 * characters, line separators and marks that reverse the direction of text become spaces.
 */
export function boundText(text: string, maxLength: number): string {
  const line = text.toWellFormed().replaceAll(hidden, ' ').replaceAll(/ {2,}/g, ' ').trim();
  if (line.length <= maxLength) return line;
  // A surrogate pair is never cut in half.
  return `${line
    .slice(0, maxLength - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()}…`;
}
