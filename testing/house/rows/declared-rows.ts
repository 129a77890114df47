import { API, TypeFlags } from 'typescript/unstable/sync';
import { SyntaxKind } from 'typescript/unstable/ast';
import { join } from 'node:path';
import type { CallExpression, Node, SourceFile } from 'typescript/unstable/ast';
import type { Project, Type } from 'typescript/unstable/sync';

/** A value as `pg` returns it; `object` is parsed JSON. */
export type Kind = 'string' | 'number' | 'boolean' | 'Date' | 'Buffer' | 'array' | 'object' | 'null';

/** The row type of one call in the store, such as `sql.query<JobRunRecord>(...)`. */
export interface DeclaredRow {
  file: string;
  /** Lines of the call, from 1. */
  firstLine: number;
  lastLine: number;
  /** The possible kinds of each property; null if any value is accepted. */
  columns: Map<string, ReadonlySet<Kind> | null>;
}

/** Calls that take the type of the rows they read. */
const readingCalls = new Set([
  'sql.query',
  'sql.prepared',
  'sql.one',
  'sql.maybeOne',
  'sql.maybeOnePrepared',
  'readRange',
]);

/** Reads the row types that the calls in the store declare. Row types that are type parameters are left out. */
export function readDeclaredRows(repository: string): DeclaredRow[] {
  const api = new API({ cwd: repository });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [join(repository, 'tsconfig.json')] });
    const [project] = snapshot.getProjects();
    if (!project) throw new Error('TypeScript has opened no project');
    return project.program
      .getSourceFileNames()
      .filter((file) => file.includes('/store/postgres/') && !/\.test\.ts$|\/testing\//.test(file))
      .flatMap((file) => readFile(project, file));
  } finally {
    api.close();
  }
}

function readFile(project: Project, file: string): DeclaredRow[] {
  const source = project.program.getSourceFile(file);
  if (!source) throw new Error(`TypeScript does not know ${file}`);
  return findCalls(source).flatMap((call) => {
    const [argument] = call.typeArguments ?? [];
    const type = argument && project.checker.getTypeFromTypeNode(argument);
    if (!type || mentionsTypeParameter(type)) return [];
    const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
    const [firstLine, lastLine] = [lineOf(call.getStart(source)), lineOf(call.end)];
    return [{ file, firstLine, lastLine, columns: readColumns(project, type) }];
  });
}

function findCalls(source: SourceFile): CallExpression[] {
  const calls: CallExpression[] = [];
  const visit = (node: Node): void => {
    if (node.kind === SyntaxKind.CallExpression) calls.push(node as CallExpression);
    node.forEachChild(visit);
  };
  visit(source);
  return calls.filter(({ expression }) => readingCalls.has(expression.getText(source)));
}

function mentionsTypeParameter(type: Type): boolean {
  if (type.flags & TypeFlags.TypeParameter) return true;
  return type.flags & TypeFlags.Intersection ? partsOf(type).some(mentionsTypeParameter) : false;
}

function partsOf(type: Type): readonly Type[] {
  return 'getTypes' in type ? ((type.getTypes as () => readonly Type[] | undefined)() ?? []) : [];
}

/** For a union of rows, each property accepts what one of them accepts. */
function readColumns(project: Project, type: Type): DeclaredRow['columns'] {
  const columns: DeclaredRow['columns'] = new Map();
  const rows = type.flags & TypeFlags.Union ? partsOf(type) : [type];
  for (const property of rows.flatMap((row) => project.checker.getPropertiesOfType(row))) {
    const propertyType = project.checker.getTypeOfSymbol(property);
    const kinds = propertyType ? kindsOf(project, propertyType) : null;
    const earlier = columns.get(property.name);
    columns.set(property.name, earlier && kinds ? new Set([...earlier, ...kinds]) : kinds);
  }
  return columns;
}

function kindsOf(project: Project, type: Type): Set<Kind> | null {
  if (type.flags & (TypeFlags.Unknown | TypeFlags.Any)) return null;
  const parts = type.flags & TypeFlags.Union ? partsOf(type) : [type];
  return new Set(parts.map((part) => kindOf(project, part)));
}

function kindOf(project: Project, type: Type): Kind {
  if (type.flags & TypeFlags.StringLike) return 'string';
  if (type.flags & TypeFlags.NumberLike) return 'number';
  if (type.flags & TypeFlags.BooleanLike) return 'boolean';
  if (type.flags & TypeFlags.Null) return 'null';
  if (project.checker.isArrayLikeType(type)) return 'array';
  const name = type.getSymbol()?.name;
  if (name === 'Date') return 'Date';
  return name === 'Buffer' || name === 'Uint8Array' ? 'Buffer' : 'object';
}
