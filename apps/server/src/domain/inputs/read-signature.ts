/**
 * Reads the parameters of a job's function from the source of its module. The server never runs uploaded code.
 * Pure functions.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import {
  listFrom,
  listModuleStatements,
  readModuleNames,
  readString,
  resolvePath,
  type PythonScope,
} from '../primitives/python-nodes.ts';
import { addNone, type InputType } from './input-type.ts';
import { readParameterTexts } from './parameter-texts.ts';
import { readAnnotation, readLiteral, readTypeOfDefault, unknownAnnotation } from './read-annotation.ts';

export interface Parameter {
  name: string;
  type: InputType;
  /** As the code writes it; null for none. */
  annotation: string | null;
  /** As the code writes it; null for none. */
  defaultText: string | null;
  /** Undefined for none, and for a default that only Python can evaluate. */
  defaultValue: unknown;
  /** Its default is `dlt.config.value` or `dlt.secrets.value`. */
  isInjected: boolean;
  isSecret: boolean;
  description: string | null;
}

export interface Signature {
  parameters: readonly Parameter[];
  takesContext: boolean;
  /** It has `**kwargs`. */
  takesAnyName: boolean;
}

const contextName = 'run_context';
const configValue = 'dlt.config.value';
const secretValue = 'dlt.secrets.value';

/**
 * Reads the signature of a function that a module defines once, with no decorator but that of the job. Null if the
 * source does not show it.
 */
export function readSignature(source: string, functionName: string): Signature | null {
  if (!source.includes(functionName)) return null;
  const statements = listModuleStatements(parser.parse(source).topNode);
  const [found, second] = statements.flatMap((node) => findFunction(node, functionName, source));
  if (!found || second) return null;
  const scope = { source, names: readModuleNames(statements, source) };
  return readParameters(found, scope);
}

function findFunction(statement: SyntaxNode, functionName: string, source: string): SyntaxNode[] {
  const isDecorated = statement.name === 'DecoratedStatement';
  const definition = isDecorated ? statement.getChild('FunctionDefinition') : statement;
  const name = definition?.getChild('VariableName');
  if (definition?.name !== 'FunctionDefinition' || !name) return [];
  if (source.slice(name.from, name.to) !== functionName) return [];
  // Another decorator may give the job another function.
  return isDecorated && statement.getChildren('Decorator').length === 1
    ? [definition]
    : [definition, definition];
}

function readParameters(definition: SyntaxNode, scope: PythonScope): Signature | null {
  const list = definition.getChild('ParamList');
  if (!list) return null;
  const texts = readParameterTexts(readDocstring(definition, scope.source));
  const groups = splitParameters(list, scope.source);
  const named = groups.filter(({ star }) => star === '');
  const parameters = named.flatMap(({ nodes }) => {
    const parameter = readParameter(nodes, scope);
    if (parameter === null) return [];
    return [{ ...parameter, description: parameter.description ?? texts.get(parameter.name) ?? null }];
  });
  if (parameters.length < named.length) return null;
  return {
    parameters: parameters.filter(({ name }) => name !== contextName),
    takesContext: parameters.some(({ name }) => name === contextName),
    takesAnyName: groups.some(({ star }) => star === '**'),
  };
}

interface ParameterNodes {
  /** Empty for a parameter with a name; those that only take a position are left out. */
  star: '' | '*' | '**';
  nodes: SyntaxNode[];
}

function splitParameters(list: SyntaxNode, source: string): ParameterNodes[] {
  let groups: ParameterNodes[] = [];
  let current: ParameterNodes = { star: '', nodes: [] };
  let end = list.from;
  for (const node of listFrom(list.firstChild)) {
    // The parser has no node for the slash, which ends the parameters that only take a position.
    if (/^\s*\/\s*$/.test(source.slice(end, node.from))) groups = [];
    end = node.to;
    if (node.name === '(') continue;
    if (node.name === '*' || node.name === '**') current.star = node.name;
    else if (node.name !== ',' && node.name !== ')') current.nodes.push(node);
    else {
      if (current.nodes.length > 0 || current.star === '**') groups.push(current);
      current = { star: '', nodes: [] };
    }
  }
  return groups;
}

function readParameter([name, ...rest]: readonly SyntaxNode[], scope: PythonScope): Parameter | null {
  if (name?.name !== 'VariableName') return null;
  const textOf = (node: SyntaxNode) => scope.source.slice(node.from, node.to);
  const typeDef = rest.find((node) => node.name === 'TypeDef');
  const expression = listFrom(typeDef?.firstChild ?? null)[1];
  const sign = rest.findIndex((node) => node.name === 'AssignOp');
  const value = sign === -1 ? undefined : rest[sign + 1];
  const path = value ? resolvePath(value, scope) : null;
  const read = expression ? readAnnotation(expression, scope) : unknownAnnotation;
  const isInjected = path === configValue || path === secretValue;
  const defaultValue = value && readLiteral(value, scope.source);
  const type = !expression && value ? readTypeOfDefault(value, scope.source) : read.type;
  return {
    name: textOf(name),
    // Python before 3.11 takes `day: date = None` as optional, and a default always fits.
    type: defaultValue === null ? addNone(type) : type,
    annotation: expression ? textOf(expression) : null,
    defaultText: value ? textOf(value) : null,
    defaultValue,
    isInjected,
    isSecret: read.isSecret || path === secretValue,
    description: read.doc,
  };
}

function readDocstring(definition: SyntaxNode, source: string): string {
  const statement = definition.getChild('Body')?.getChild('ExpressionStatement');
  const isFirst = statement?.prevSibling?.name === ':' || statement?.prevSibling?.name === 'Comment';
  return (isFirst && statement?.firstChild && readString(statement.firstChild, source)) || '';
}
