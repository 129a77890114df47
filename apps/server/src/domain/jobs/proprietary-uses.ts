/** Finds in Python source, without running it, what only the proprietary package `dlthub` has. Pure functions. */
import { parser } from '@lezer/python';
import { readModuleNames, type ModuleName } from '../primitives/python-nodes.ts';
import type { SyntaxNode } from '@lezer/common';

export interface ProprietaryUse {
  /** A dotted path, such as `dlt.hub.transformation`. */
  name: string;
  /** Of its first use. */
  line: number;
}

/** Lists each part once. What a `try` statement contains is optional, so it is left out. */
export function listProprietaryUses(source: string): ProprietaryUse[] {
  if (!/\bhub\b|\bdlthub\b/.test(source)) return [];
  const imports: SyntaxNode[] = [];
  const expressions: SyntaxNode[] = [];
  parser.parse(source).iterate({
    enter({ name, node }) {
      if (name === 'TryStatement') return false;
      if (name === 'ImportStatement') imports.push(node);
      if (name === 'MemberExpression' || name === 'Decorator') expressions.push(node);
      return undefined;
    },
  });
  const names = readModuleNames(imports, source);
  const textOf = ({ from, to }: SyntaxNode) => source.slice(from, to);
  const uses = [
    ...imports.flatMap((node) => listImported(textOf(node)).map((path) => ({ path, node }))),
    ...expressions.map((node) => ({ path: resolve(textOf(node), names), node })),
  ];
  const lines = new Map<string, number>();
  for (const { path, node } of uses) {
    const name = readPart(path);
    const line = source.slice(0, node.from).split('\n').length;
    if (name !== null) lines.set(name, Math.min(line, lines.get(name) ?? Infinity));
  }
  return [...lines].map(([name, line]) => ({ name, line })).toSorted((one, other) => one.line - other.line);
}

/** Lists the dotted paths that an import statement loads. */
function listImported(statement: string): string[] {
  const text = statement.replaceAll(/#[^\n]*|[()\\\s]/g, ' ');
  const [, module, members] = /^\s*from\s+(\S+)\s+import\s+(.*)/.exec(text) ?? [];
  const listed = members ?? text.replace(/^\s*import\s/, '');
  const paths = listed.split(',').map((item) => item.trim().split(' ')[0] ?? '');
  return module === undefined ? paths : paths.map((path) => `${module}.${path}`);
}

/** Resolves a dotted name by the imports of the module; a decorator may have arguments, too. */
function resolve(text: string, names: ReadonlyMap<string, ModuleName>): string {
  const [first = '', ...rest] = (/^@?\s*([\w.]+)/.exec(text)?.[1] ?? '').split('.');
  const known = names.get(first);
  return known && 'path' in known ? [known.path, ...rest].join('.') : '';
}

/** The part of the package that a path leads to; null for none, and for what dlt has itself. */
function readPart(path: string): string | null {
  const part = /^(?:dlt\.hub\.\w+|dlthub(?:\.\w+)?)(?=\.|$)/.exec(path)?.[0] ?? null;
  return part === 'dlt.hub.run' || part?.includes('.__') ? null : part;
}
