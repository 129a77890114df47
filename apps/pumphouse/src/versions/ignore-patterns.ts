/**
 * Patterns of `.gitignore` with the rules of dlt's client, which decide what a deployment contains. They differ
 * from git in one way, so no library for git's rules fits: the last matching pattern decides, even for a file in
 * an excluded folder. The property tests compare this with dlt itself.
 */

interface Pattern {
  isNegated: boolean;
  expression: RegExp;
}

/** Decides which paths the lines of an ignore file exclude. */
export interface IgnorePatterns {
  /** @param path relative, with slashes; one of a folder ends with a slash */
  excludes(path: string): boolean;
  /** The texts of negated patterns, without their `!`. */
  negations: readonly string[];
}

/** Parses the lines of an ignore file. Blank lines and comments exclude nothing. */
export function parseIgnorePatterns(lines: readonly string[]): IgnorePatterns {
  const patterns = lines.flatMap((line) => parsePattern(line) ?? []);
  return {
    excludes(path) {
      const last = patterns.findLast(({ expression }) => expression.test(path));
      return last !== undefined && !last.isNegated;
    },
    negations: lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
  };
}

function parsePattern(line: string): Pattern | null {
  // A space at the end counts only after a backslash.
  const text = line.endsWith('\\ ') ? line : line.trimEnd();
  if (text === '' || text.startsWith('#')) return null;
  const isNegated = text.startsWith('!');
  return { isNegated, expression: new RegExp(translate(isNegated ? text.slice(1) : text), 'su') };
}

/** Translates a pattern to the source of a regular expression. */
function translate(pattern: string): string {
  if (pattern === '/') return '.';
  const segments = anchor(pattern.split('/'));
  const [first, second, third] = segments;
  if (segments.length === 1 && first === '**') return pattern.endsWith('/') ? '/' : '.';
  if (segments.length === 2 && first === '**' && second === '*') return '.';
  if (segments.length === 3 && first === '**' && second === '*' && third === '**') return '/';
  return joinSegments(segments);
}

/** A single segment matches at any depth, others from the root; a final slash means all below a folder. */
function anchor(split: readonly string[]): string[] {
  const isSingle = split.length === 1 || (split.length === 2 && split[1] === '');
  const segments =
    split[0] === '' ? split.slice(1) : isSingle && split[0] !== '**' ? ['**', ...split] : [...split];
  if (segments.at(-1) === '') segments[segments.length - 1] = '**';
  return segments.filter((segment, index) => segment !== '**' || segments[index - 1] !== '**');
}

function joinSegments(segments: readonly string[]): string {
  let source = '';
  let needsSlash = false;
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '**') {
      if (index === 0) source += '^(?:.+/)?';
      else if (isLast) source += '/';
      else source += '(?:/.+)?';
      needsSlash = index > 0 && !isLast;
      continue;
    }
    const glob = segment === '*' ? '[^/]+' : translateGlob(segment);
    source += (index === 0 ? '^' : '') + (needsSlash ? '/' : '') + glob + (isLast ? endOf(segment) : '');
    needsSlash = true;
  }
  return source;
}

/** A last `*` matches entries of one folder; any other last segment also matches what is below it. */
function endOf(segment: string): string {
  return segment === '*' ? '/?$' : '(?:/|$)';
}

/** Translates a segment with `*`, `?`, `[ranges]` and backslashes; a range without an end is a text. */
function translateGlob(segment: string): string {
  const tokens = /\\(?<escaped>.)|(?<range>\[[!^]?\]?[^\]]*\])|(?<star>\*)|(?<any>\?)|(?<other>.)/gsu;
  let source = '';
  for (const { groups = {}, 0: token } of segment.matchAll(tokens)) {
    if (groups['escaped'] !== undefined) source += escapeExpression(groups['escaped']);
    else if (groups['range'] !== undefined) source += translateRange(groups['range']);
    else if (groups['star'] !== undefined) source += '[^/]*';
    else if (groups['any'] !== undefined) source += '[^/]';
    else source += escapeExpression(token);
  }
  return source;
}

function translateRange(range: string): string {
  const negation = /^\[[!^]/.test(range) ? '^' : '';
  const members = range.slice(1 + negation.length, -1);
  return `[${negation}${members.replaceAll(/[\\[\]]/g, String.raw`\$&`)}]`;
}

/** Escapes the signs that have a meaning in a regular expression. Node 22 has no `RegExp.escape`. */
function escapeExpression(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
