import { createHash } from 'node:crypto';

/** Each connection keeps the plans of all names that it has run: some 50 KB for a list, less for a row. */
const maxNames = 150;

/**
 * Names statements whose plan a connection keeps; equal texts get the same name. Only the first 150 texts get
 * one: a caller that invents combinations of filters must not fill the memory of Postgres.
 */
export function createStatementNames(): (sql: string) => string | undefined {
  const names = new Map<string, string>();
  return (sql) => {
    const known = names.get(sql);
    if (known !== undefined || names.size >= maxNames) return known;
    const name = `list_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`;
    names.set(sql, name);
    return name;
  };
}
