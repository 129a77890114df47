/** Finds strings in Python source, and reads the text of those that are literals. Pure. */

export interface StringStart {
  /** In small letters, such as `r` or `f`. */
  prefix: string;
  quote: string;
}

/** Uploaded source is hostile: reading it must not exhaust the stack. */
const maxNesting = 20;

const start = /(rb|br|rf|fr|rt|tr|[rubft])?('''|"""|'|")/iy;
const escape = /\\(?:\r?\n|[0-7]{1,3}|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[^])/gi;
const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The prefix and the quote of a string that starts at the index. */
export function matchStringStart(source: string, at: number): StringStart | null {
  start.lastIndex = at;
  const match = start.exec(source);
  return match && { prefix: (match[1] ?? '').toLowerCase(), quote: match[2] ?? '' };
}

/** The index behind a string; null for a string that does not end, or has more than `maxNesting` strings inside each other. */
export function findStringEnd(
  source: string,
  at: number,
  { prefix, quote }: StringStart,
  nesting = 0,
): number | null {
  if (nesting > maxNesting) return null;
  const hasFields = /[ft]/.test(prefix);
  let index = at + prefix.length + quote.length;
  while (index < source.length) {
    if (source.startsWith(quote, index)) return index + quote.length;
    if (source[index] === '\n' && quote.length === 1) return null;
    if (source[index] === '\\') index += source[index + 1] === '\r' ? 3 : 2;
    else if (hasFields && source[index] === '{') {
      const end = source[index + 1] === '{' ? index + 2 : findFieldEnd(source, index + 1, nesting);
      if (end === null) return null;
      index = end;
    } else index += 1;
  }
  return null;
}

/** The index behind the `}` of a replacement field, in which strings may have the quote of the string around it. */
function findFieldEnd(source: string, at: number, nesting: number): number | null {
  let depth = 1;
  let index = at;
  while (index < source.length) {
    const opening = matchStringStart(source, index);
    if (opening) {
      const end = findStringEnd(source, index, opening, nesting + 1);
      if (end === null) return null;
      index = end;
      continue;
    }
    if (source[index] === '{') depth += 1;
    if (source[index] === '}') depth -= 1;
    index += 1;
    if (depth === 0) return index;
  }
  return null;
}

/** What a string literal holds; null for bytes, strings with replacement fields, and characters given by name. */
export function readStringValue(text: string, { prefix, quote }: StringStart): string | null {
  if (/[bft]/.test(prefix)) return null;
  const content = text.slice(prefix.length + quote.length, -quote.length).replaceAll('\r\n', '\n');
  if (prefix === 'r') return content;
  if (/(?:^|[^\\])(?:\\\\)*\\N/.test(content)) return null;
  return content.replaceAll(escape, readEscape);
}

function readEscape(sequence: string): string {
  const code = sequence.slice(1);
  if (/^\r?\n$/.test(code)) return '';
  if (/^[0-7]+$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
  if (/^[xuU]./.test(code)) {
    const point = Number.parseInt(code.slice(1), 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : sequence;
  }
  // Python keeps the backslash of a sequence that it does not know.
  return simpleEscapes[code] ?? sequence;
}
