/** Conditions of a `where` that depend on which filters a caller gave, with their parameters. */
export interface Conditions {
  /** Adds a condition in which each `?` stands for the value; nothing when the value is undefined or null. */
  add(sql: string, value: unknown): void;
  /** Adds a condition as it is. */
  require(sql: string): void;
  /** Adds that the column has one of the values; equality where there is one, which keeps what an index orders behind it. */
  addOneOf(column: string, values: readonly string[] | null | undefined, type?: string): void;
  /** A parameter outside the conditions, such as a limit. @returns its placeholder */
  bind(value: unknown): string;
  sql(): string;
  readonly values: unknown[];
}

export function createConditions(): Conditions {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  function add(sql: string, value: unknown): void {
    if (value === undefined || value === null) return;
    // One placeholder however often it occurs.
    const placeholder = bind(value);
    conditions.push(`(${sql.replaceAll('?', placeholder)})`);
  }
  return {
    values,
    bind,
    add,
    require: (sql) => void conditions.push(`(${sql})`),
    addOneOf(column, values, type = 'text') {
      if (values?.length === 1) add(`${column} = ?::${type}`, values[0]);
      else add(`${column} = any(?::${type}[])`, values);
    },
    sql: () => (conditions.length === 0 ? 'true' : conditions.join(' and ')),
  };
}

/** What a list is sorted by, the most important key first. */
export type Sorting<Key extends string> = readonly { key: Key; order: 'asc' | 'desc' }[];
