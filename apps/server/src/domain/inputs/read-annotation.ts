/** Reads annotations and literal values from Python source. Pure functions. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import { listFrom, readString, resolvePath, type PythonScope } from '../primitives/python-nodes.ts';
import { anyType, type InputType, type LiteralValue } from './input-type.ts';

export interface Annotation {
  type: InputType;
  /** dlt reads its value from the secrets. */
  isSecret: boolean;
  /** The text of `Annotated[..., Doc("text")]`. */
  doc: string | null;
}

export const unknownAnnotation: Annotation = { type: anyType, isSecret: false, doc: null };

/** An alias may name another one; further ones are not followed. */
const maxDepth = 8;

const types: Record<string, InputType> = {
  'builtins.str': { kind: 'str' },
  'builtins.int': { kind: 'int' },
  'builtins.float': { kind: 'float' },
  'builtins.bool': { kind: 'bool' },
  'builtins.dict': { kind: 'dict' },
  'builtins.list': { kind: 'list', item: anyType },
  'typing.List': { kind: 'list', item: anyType },
  'typing.Text': { kind: 'str' },
  'datetime.date': { kind: 'date' },
  'datetime.datetime': { kind: 'datetime' },
};

/** dlt's types of secrets: `TSecretStrValue`, `TSecretValue` and its classes of credentials. */
const secretType = /^dlt\..*\b(?:TSecret\w*|TCredentials|\w*Credentials(?:Configuration)?)$/;

/** Reads an annotation. What it cannot resolve is any type. */
export function readAnnotation(node: SyntaxNode, scope: PythonScope, depth = 0): Annotation {
  if (depth > maxDepth) return unknownAnnotation;
  const read = (inner: SyntaxNode) => readAnnotation(inner, scope, depth + 1);
  if (node.name === 'None') return { ...unknownAnnotation, type: { kind: 'none' } };
  if (node.name === 'String') return readQuoted(node, scope, depth);
  const children = listFrom(node.firstChild);
  if (node.name === 'ParenthesizedExpression' && children[1]) return read(children[1]);
  if (node.name === 'BinaryExpression') {
    const [left, sign, right] = children;
    const isUnion = sign && scope.source.slice(sign.from, sign.to) === '|';
    return isUnion && left && right ? joinTypes([left, right].map(read)) : unknownAnnotation;
  }
  const [base, bracket, ...rest] = children;
  if (node.name === 'MemberExpression' && base && bracket?.name === '[')
    return readGeneric(
      base,
      rest.filter(({ name }) => name !== ',' && name !== ']'),
      scope,
      depth,
    );
  const alias = node.name === 'VariableName' ? scope.names.get(textOf(node, scope)) : undefined;
  if (alias && 'value' in alias) return read(alias.value);
  const path = withoutExtensions(resolvePath(node, scope));
  const type = types[path] ?? (path.endsWith('.TSecretStrValue') ? { kind: 'str' } : anyType);
  return { type, isSecret: secretType.test(path), doc: null };
}

function readQuoted(node: SyntaxNode, scope: PythonScope, depth: number): Annotation {
  const text = readString(node, scope.source);
  const expression = text === null ? null : parser.parse(text).topNode.firstChild?.firstChild;
  if (text === null || !expression) return unknownAnnotation;
  return readAnnotation(expression, { ...scope, source: text }, depth + 1);
}

function readGeneric(
  base: SyntaxNode,
  members: readonly SyntaxNode[],
  scope: PythonScope,
  depth: number,
): Annotation {
  const path = withoutExtensions(resolvePath(base, scope));
  const [first, ...rest] = members;
  if (!first) return unknownAnnotation;
  const read = (inner: SyntaxNode) => readAnnotation(inner, scope, depth + 1);
  if (path === 'typing.Literal') return { ...unknownAnnotation, type: readChoices(members, scope.source) };
  if (path === 'typing.Union') return joinTypes(members.map(read));
  if (path === 'typing.Optional')
    return joinTypes([read(first), { ...unknownAnnotation, type: { kind: 'none' } }]);
  if (path === 'typing.Annotated') return { ...read(first), doc: readDoc(rest, scope) ?? read(first).doc };
  if (path !== 'typing.List' && path !== 'builtins.list') return unknownAnnotation;
  const { type, isSecret } = read(first);
  return { type: { kind: 'list', item: type }, isSecret, doc: null };
}

function readChoices(members: readonly SyntaxNode[], source: string): InputType {
  const choices = members.map((member) => readLiteral(member, source));
  const isKnown = (choice: unknown): choice is LiteralValue =>
    choice !== undefined && (typeof choice !== 'object' || choice === null);
  return choices.every(isKnown) ? { kind: 'literal', choices } : anyType;
}

function joinTypes(parts: readonly Annotation[]): Annotation {
  const members = parts.flatMap(({ type }) => (type.kind === 'union' ? type.members : [type]));
  const isAny = members.some(({ kind }) => kind === 'any');
  return {
    type: isAny ? anyType : { kind: 'union', members },
    isSecret: parts.some(({ isSecret }) => isSecret),
    doc: parts.find(({ doc }) => doc !== null)?.doc ?? null,
  };
}

function readDoc(metadata: readonly SyntaxNode[], scope: PythonScope): string | null {
  for (const node of metadata) {
    const [called, list] = listFrom(node.firstChild);
    const text = listFrom(list?.firstChild ?? null)[1];
    if (node.name !== 'CallExpression' || !called || !text) continue;
    if (/\bDoc$/.test(resolvePath(called, scope) ?? '')) return readString(text, scope.source);
  }
  return null;
}

/** Reads a literal value; undefined for any other expression. */
export function readLiteral(node: SyntaxNode, source: string): unknown {
  const text = source.slice(node.from, node.to);
  switch (node.name) {
    case 'None':
      return null;
    case 'Boolean':
      return text === 'True';
    case 'Number':
      return Number.isNaN(Number(text.replaceAll('_', ''))) ? undefined : Number(text.replaceAll('_', ''));
    case 'UnaryExpression': {
      const operand = node.lastChild && readLiteral(node.lastChild, source);
      return text.startsWith('-') && typeof operand === 'number' ? -operand : undefined;
    }
    case 'ArrayExpression':
    case 'TupleExpression': {
      const items = listFrom(node.firstChild)
        .slice(1, -1)
        .filter(({ name }) => name !== ',');
      const values = items.map((item) => readLiteral(item, source));
      return values.includes(undefined) ? undefined : values;
    }
    default:
      return readString(node, source) ?? undefined;
  }
}

/** The type that the run takes from a default, for a parameter without an annotation. */
export function readTypeOfDefault(node: SyntaxNode, source: string): InputType {
  const value = readLiteral(node, source);
  if (typeof value === 'boolean') return { kind: 'bool' };
  if (typeof value === 'string') return { kind: 'str' };
  if (typeof value !== 'number') return anyType;
  const isInteger = /^-?\s*(?:0[xob]\w+|[\d_]+)$/i.test(source.slice(node.from, node.to));
  return { kind: isInteger ? 'int' : 'float' };
}

const withoutExtensions = (path: string | null) => (path ?? '').replace(/^typing_extensions\./, 'typing.');
const textOf = (node: SyntaxNode, { source }: PythonScope) => source.slice(node.from, node.to);
