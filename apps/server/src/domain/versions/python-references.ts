/**
 * Reads from the source of a Python module what it imports and which texts may name a file. The server never
 * runs uploaded code. Pure functions.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';

/** One module of an import statement. */
export interface ModuleReference {
  /** Number of leading dots; 0 for an absolute import. */
  level: number;
  /** Empty for `from . import x`. */
  parts: string[];
  /** Names of `from … import`, which may be modules; empty for `import …`. */
  names: string[];
}

export interface PythonReferences {
  modules: ModuleReference[];
  /** String literals that could name a file or a folder: short, and without escapes or replacements. */
  texts: string[];
}

const maxTextLength = 200;
const plainString = /^[rRuU]?(?:"([^"\\\n]*)"|'([^'\\\n]*)')$/;

/** Reads all references of a module, in functions and branches too. Source that is not Python has none. */
export function readPythonReferences(source: string): PythonReferences {
  const modules: ModuleReference[] = [];
  const texts = new Set<string>();
  parser.parse(source).iterate({
    enter: ({ name, node, from, to }) => {
      if (name === 'ImportStatement') modules.push(...readImport(node, source));
      if (name !== 'String' || to - from > maxTextLength) return;
      const [, double, single] = plainString.exec(source.slice(from, to)) ?? [];
      const text = double ?? single ?? '';
      if (text !== '') texts.add(text);
    },
  });
  return { modules, texts: [...texts] };
}

function readImport(statement: SyntaxNode, source: string): ModuleReference[] {
  const tokens: string[] = [];
  for (let node = statement.firstChild; node; node = node.nextSibling)
    // The parser marks what is missing in an incomplete statement with an empty node.
    if (node.name !== 'Comment' && node.to > node.from) tokens.push(source.slice(node.from, node.to));
  const [keyword, ...rest] = tokens;
  if (keyword === 'import') {
    return splitList(rest).map((item) => ({ level: 0, parts: readParts(item), names: [] }));
  }
  const at = rest.indexOf('import');
  const from = at === -1 ? rest : rest.slice(0, at);
  const dots = from.findIndex((token) => !/^\.+$/.test(token));
  const leading = dots === -1 ? from : from.slice(0, dots);
  const names = splitList(at === -1 ? [] : rest.slice(at + 1)).flatMap(([name]) =>
    name === undefined || name === '*' ? [] : [name],
  );
  const parts = readParts(from.slice(leading.length));
  const level = leading.join('').length;
  return level === 0 && parts.length === 0 ? [] : [{ level, parts, names }];
}

/** Splits tokens at commas, without brackets. */
function splitList(tokens: readonly string[]): string[][] {
  const items: string[][] = [[]];
  for (const token of tokens) {
    if (token === ',') items.push([]);
    else if (token !== '(' && token !== ')') items.at(-1)?.push(token);
  }
  return items.filter((item) => item.length > 0);
}

/** Reads `a . b . c as d`. */
function readParts(tokens: readonly string[]): string[] {
  const alias = tokens.indexOf('as');
  return (alias === -1 ? tokens : tokens.slice(0, alias)).filter((token) => token !== '.');
}
