/** Splits Python source into statements and tokens, so that literals can be read without running the code. Pure. */
import { findStringEnd, matchStringStart, readStringValue } from './python-strings.ts';

export interface PythonToken {
  kind: 'name' | 'string' | 'other';
  text: string;
  /** The text that a string holds; null for one without a fixed text, and for every other kind of token. */
  value: string | null;
}

/** A logical line: brackets, triple quotes and backslashes may spread it over several lines. Semicolons do not end it. */
export interface PythonStatement {
  /** The number of its first line, from 1. */
  line: number;
  /** Whether it belongs to another statement, such as `if` or `class`. */
  isIndented: boolean;
  tokens: PythonToken[];
}

type Scanned = { end: number } & ({ token: PythonToken } | { ending: 'blank' | 'line' });

const name = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const other = /[0-9][\w.]*|->|:=|\.\.\.|(?:\*\*|\/\/|<<|>>|[-+*/%@&|^=!<>])=?|[()[\]{},:.;~]/y;
const blank = /[ \t\f\r]+|#[^\n]*|\\\r?\n/y;

/** The statements of a module, those inside other statements too; null for source that this reader does not understand. */
export function readPythonStatements(source: string): PythonStatement[] | null {
  const statements: PythonStatement[] = [];
  let current: PythonStatement | null = null;
  let depth = 0;
  let line = 1;
  let lineStart = 0;
  let at = 0;
  while (at < source.length) {
    const scanned = scan(source, at);
    if (!scanned) return null;
    if ('token' in scanned) {
      current ??= startStatement(statements, line, at > lineStart);
      current.tokens.push(scanned.token);
      depth = Math.max(0, depth + countDepth(scanned.token));
    } else if (scanned.ending === 'line' && depth === 0) {
      current = null;
    }
    line += countLineFeeds(source, at, scanned.end);
    at = scanned.end;
    if (source[at - 1] === '\n') lineStart = at;
  }
  return statements;
}

function startStatement(statements: PythonStatement[], line: number, isIndented: boolean): PythonStatement {
  const statement: PythonStatement = { line, isIndented, tokens: [] };
  statements.push(statement);
  return statement;
}

function scan(source: string, at: number): Scanned | null {
  if (source[at] === '\n') return { end: at + 1, ending: 'line' };
  const skipped = matchAt(blank, source, at);
  if (skipped !== null) return { end: at + skipped.length, ending: 'blank' };
  const opening = matchStringStart(source, at);
  if (opening) {
    const end = findStringEnd(source, at, opening);
    if (end === null) return null;
    const text = source.slice(at, end);
    return { end, token: { kind: 'string', text, value: readStringValue(text, opening) } };
  }
  const word = matchAt(name, source, at);
  if (word !== null) return { end: at + word.length, token: { kind: 'name', text: word, value: null } };
  const text = matchAt(other, source, at);
  return text === null ? null : { end: at + text.length, token: { kind: 'other', text, value: null } };
}

function matchAt(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

function countDepth({ kind, text }: PythonToken): number {
  if (kind !== 'other') return 0;
  if ('([{'.includes(text)) return 1;
  return ')]}'.includes(text) ? -1 : 0;
}

function countLineFeeds(source: string, from: number, to: number): number {
  let count = 0;
  for (
    let index = source.indexOf('\n', from);
    index >= 0 && index < to;
    index = source.indexOf('\n', index + 1)
  )
    count += 1;
  return count;
}
