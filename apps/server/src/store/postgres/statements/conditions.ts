/** Conditions of a `where` clause that depend on the given filters, with their parameters. */
export interface Conditions {
  /**
   * Adds a condition in which each `?` stands for the value; does nothing if the value is undefined or null.
   */
  add(sql: string, value: unknown): void;
  /** Adds a condition without parameters. */
  require(sql: string): void;
  /**
   * Adds the condition that the column has one of the values. Uses equality for a single value, which
   * preserves the order of an index.
   */
  addOneOf(column: string, values: readonly string[] | null | undefined, type?: string): void;
  /**
   * Adds a parameter outside of the conditions, such as a limit.
   * @returns its placeholder, such as `:given1`
   */
  bind(value: unknown): string;
  sql(): string;
  /** The parameters of the conditions, for `named`. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export function createConditions(): Conditions {
  const conditions: string[] = [];
  const parameters: Record<string, unknown> = {};
  let count = 0;
  function bind(value: unknown): string {
    count += 1;
    const name = `given${count}`;
    parameters[name] = value;
    return `:${name}`;
  }
  function add(sql: string, value: unknown): void {
    if (value === undefined || value === null) return;
    // One placeholder, however often it occurs.
    const placeholder = bind(value);
    conditions.push(`(${sql.replaceAll('?', placeholder)})`);
  }
  return {
    parameters,
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

/** The sort keys of a list, most important first. */
export type Sorting<Key extends string> = readonly { key: Key; order: 'asc' | 'desc' }[];
