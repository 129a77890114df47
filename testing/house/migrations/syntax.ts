/** Reads statements as Postgres parses them. */
import { parse, type Node } from 'libpg-query';

/** Parses SQL into its statements. */
export async function parseStatements(sql: string): Promise<Node[]> {
  const { stmts = [] } = await parse(sql);
  return stmts.flatMap(({ stmt }) => stmt ?? []);
}

/** Finds all nodes of a kind, such as `RangeVar`, within a tree. */
export function findNodes(tree: unknown, kind: string): Record<string, unknown>[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    const below = findNodes(value, kind);
    return key === kind ? [toRecord(value), ...below] : below;
  });
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Lists the tables that a tree names, without its own queries (`with`). */
export function listTables(tree: unknown): string[] {
  const queries = new Set(findNodes(tree, 'CommonTableExpr').map(({ ctename }) => ctename));
  return findNodes(tree, 'RangeVar')
    .filter(({ relname }) => !queries.has(relname))
    .map(({ relname }) => String(relname));
}
