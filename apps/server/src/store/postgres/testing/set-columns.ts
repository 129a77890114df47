import type { TextQueryable } from '../pool.ts';

/** Values by column; the names are in camel case. */
type Columns = Record<string, unknown>;

/** Sets columns of the rows in which other columns have these values; of all rows if none is given. */
export async function setColumns(
  sql: Pick<TextQueryable, 'execute'>,
  table: string,
  columns: Columns,
  where: Columns = {},
): Promise<void> {
  const values: unknown[] = [];
  const bind = ([name, value]: [string, unknown]) => `${columnOf(name)} = $${values.push(value)}`;
  const assignments = Object.entries(columns).map(bind);
  const conditions = ['true', ...Object.entries(where).map(bind)];
  await sql.execute(
    `update ${table} set ${assignments.join(', ')} where ${conditions.join(' and ')}`,
    values,
  );
}

/** Adds a row and returns its id. */
export async function addRow(
  sql: Pick<TextQueryable, 'one'>,
  table: string,
  columns: Columns,
): Promise<string> {
  const names = Object.keys(columns);
  const { id } = await sql.one<{ id: string }>(
    `insert into ${table} (${names.map(columnOf).join(', ')}) values (${names.map((_, n) => `$${n + 1}`).join(', ')})
     returning id`,
    Object.values(columns),
  );
  return id;
}

function columnOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
