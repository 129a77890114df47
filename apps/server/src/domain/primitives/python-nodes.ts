/** Reads parts of Python source that was parsed, not run. Pure functions. */
import type { SyntaxNode } from '@lezer/common';

/** Lists a node and its next siblings, without comments. */
export function listFrom(first: SyntaxNode | null): SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  for (let node = first; node; node = node.nextSibling) if (node.name !== 'Comment') nodes.push(node);
  return nodes;
}

/**
 * Reads a string literal; Python concatenates adjacent literals. Null if it contains an escape or a
 * replacement field.
 */
export function readString(node: SyntaxNode, source: string): string | null {
  if (node.name === 'ContinuedString') {
    const parts = listFrom(node.firstChild).map((part) => readString(part, source));
    return parts.some((part) => part === null) ? null : parts.join('');
  }
  if (node.name !== 'String') return null;
  return /^[rRuU]?('''|"""|'|")([^\\]*)\1$/.exec(source.slice(node.from, node.to))?.[2] ?? null;
}

/** What a module assigns to a name: the dotted path of an import, or the expression of an assignment. */
export type ModuleName = { path: string } | { value: SyntaxNode };

/** A parsed module, or a parsed annotation within it. */
export interface PythonScope {
  source: string;
  names: ReadonlyMap<string, ModuleName>;
}

/**
 * Resolves a name or an attribute to a dotted path, by the imports of the module: `dt.date` is `datetime.date`
 * after `import datetime as dt`. Names of Python itself are below `builtins`. Null for other expressions.
 */
export function resolvePath(node: SyntaxNode, scope: PythonScope): string | null {
  const text = scope.source.slice(node.from, node.to);
  if (node.name === 'VariableName') {
    const known = scope.names.get(text);
    if (!known) return `builtins.${text}`;
    return 'path' in known ? known.path : null;
  }
  const [object, dot, property] = listFrom(node.firstChild);
  if (node.name !== 'MemberExpression' || !object || dot?.name !== '.' || !property) return null;
  const path = resolvePath(object, scope);
  return path === null ? null : `${path}.${scope.source.slice(property.from, property.to)}`;
}

/**
 * Lists the statements of a module that define its names, also those in branches, and not those in functions and
 * classes.
 */
export function listModuleStatements(block: SyntaxNode): SyntaxNode[] {
  return listFrom(block.firstChild).flatMap((node) => {
    if (/^(?:StatementGroup|IfStatement|TryStatement|WithStatement|Body)$/.test(node.name))
      return listModuleStatements(node);
    return [node];
  });
}

/** Reads what the names of a module are. A name that is assigned twice has an unknown value. */
export function readModuleNames(statements: readonly SyntaxNode[], source: string): Map<string, ModuleName> {
  const names = new Map<string, ModuleName>();
  const add = (name: string, value: ModuleName) => names.set(name, names.has(name) ? unknownName : value);
  for (const statement of statements) {
    const tokens = listFrom(statement.firstChild);
    if (statement.name === 'ImportStatement')
      // A module may import the same name in two branches, for two versions of a package.
      for (const [name, path] of readImportedNames(tokens.map(({ from, to }) => source.slice(from, to))))
        names.set(name, { path });
    const [target, sign, value] = tokens.filter(({ name }) => name !== 'TypeDef');
    if (statement.name === 'AssignStatement' && target?.name === 'VariableName' && sign && value)
      add(source.slice(target.from, target.to), tokens.length <= 4 ? { value } : unknownName);
    const defined = statement.name === 'DecoratedStatement' ? tokens.at(-1) : statement;
    const name = defined?.getChild('VariableName');
    if (name && /^(?:Class|Function)Definition$/.test(defined?.name ?? ''))
      add(source.slice(name.from, name.to), unknownName);
  }
  return names;
}

const unknownName: ModuleName = { path: '' };

/** Reads the tokens of an import statement to pairs of a name and its dotted path. */
function readImportedNames([keyword, ...rest]: readonly string[]): [string, string][] {
  if (keyword === 'import')
    return splitAtCommas(rest).map(([path, name]) =>
      name === undefined ? [path.split('.')[0] ?? path, path.split('.')[0] ?? path] : [name, path],
    );
  const at = rest.indexOf('import');
  const module = rest.slice(0, Math.max(0, at)).join('');
  return splitAtCommas(rest.slice(at + 1)).map(([member, name]) => [name ?? member, `${module}.${member}`]);
}

/** Splits `a . b as c, d` to `['a.b', 'c']` and `['d', undefined]`. */
function splitAtCommas(tokens: readonly string[]): [string, string | undefined][] {
  return tokens
    .filter((token) => token !== '(' && token !== ')')
    .join(' ')
    .split(',')
    .map((item) => item.split(' as ').map((part) => part.replaceAll(' ', '')))
    .map(([path = '', name]) => [path, name]);
}
