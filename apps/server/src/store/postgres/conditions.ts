/** Conditions of a `where` that depend on which filters a caller gave, with their parameters. */
export interface Conditions {
  /** Adds a condition in which each `?` stands for the value; nothing when the value is undefined or null. */
  add(sql: string, value: unknown): void;
  /** A parameter outside the conditions, such as a limit. @returns its placeholder */
  bind(value: unknown): string;
  sql(): string;
  readonly values: unknown[];
}

export function createConditions(): Conditions {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  return {
    values,
    bind,
    add(sql, value) {
      if (value === undefined || value === null) return;
      conditions.push(`(${sql.replaceAll('?', bind(value))})`);
    },
    sql: () => (conditions.length === 0 ? 'true' : conditions.join(' and ')),
  };
}

/** What a list is sorted by, the most important key first. */
export type Sorting<Key extends string> = readonly { key: Key; order: 'asc' | 'desc' }[];

/**
 * An `order by` of the asked keys, and then of `newest`, which makes the order total: pages neither repeat nor skip a row.
 * Rows without a value come last in both directions.
 */
export function orderBy<Key extends string>(
  expressions: Record<Key, string>,
  sorting: Sorting<Key> | null | undefined,
  newest: string,
): string {
  const asked = (sorting ?? []).map(
    ({ key, order }) => `${expressions[key]} ${order === 'asc' ? 'asc' : 'desc'} nulls last`,
  );
  return `order by ${[...asked, newest].join(', ')}`;
}
