import type { Conditions, Sorting } from './conditions.ts';
import type { Queryable } from '../pool.ts';
import type { ListPosition } from '../../list-position.ts';
import { ListPositionError } from '../../list-position.ts';
import { named } from './named.ts';
import { sqlState } from '../pool.ts';

/** A column or expression that a list can be sorted by. */
export interface SortColumn {
  sql: string;
  type: 'timestamptz' | 'numeric' | 'double precision' | 'bigint' | 'text' | 'uuid';
  isNullable: boolean;
}

/** A range of a list: the rows after a position, or after a number of rows. */
export interface RowRange<Key extends string = string> {
  limit: number;
  offset: number;
  sorting?: Sorting<Key> | null;
  after?: ListPosition | null;
}

/** The rows of a range, and the position of the last one; null if no row follows. */
export interface RowPage<Row> {
  rows: Row[];
  next: ListPosition | null;
}

/** A filtered list, which can be read in ranges and counted up to `atMost`. */
export interface RowList<Row, Key extends string = string> {
  read(range: RowRange<Key>): Promise<RowPage<Row>>;
  count(atMost: number): Promise<number>;
}

interface Term extends SortColumn {
  order: 'asc' | 'desc';
}

/**
 * The order of a list. The last term is the id, in the direction of the term before it, so that no two rows
 * are equal.
 */
export type ListOrder = readonly Term[];

export function orderOf<Key extends string>(
  sortable: Record<Key, SortColumn>,
  sorting: Sorting<Key> | null | undefined,
  { newest, id }: { newest: SortColumn; id: string },
): ListOrder {
  const asked: Term[] = (sorting ?? []).map(({ key, order }) => ({ ...sortable[key], order }));
  if (asked.length === 0) asked.push({ ...newest, order: 'desc' });
  const order = asked.at(-1)?.order ?? 'desc';
  return [...asked, { sql: id, type: 'uuid', isNullable: false, order }];
}

/**
 * Rows without a value come last in both directions: sorting by duration asks for the longest or shortest
 * existing value.
 */
function orderBy(order: ListOrder): string {
  const terms = order.map((term) => `${term.sql} ${term.order}${term.isNullable ? ' nulls last' : ''}`);
  return `order by ${terms.join(', ')}`;
}

/**
 * Builds the condition that a row comes after a position; 'true' without one.
 * @throws ListPositionError if the position belongs to another order
 */
export function behind(order: ListOrder, after: ListPosition | null | undefined, where: Conditions): string {
  if (!after) return 'true';
  checkPosition(order, after);
  const placeholders = after.map((value, index) =>
    value === null ? null : `${where.bind(value)}::${order[index]?.type ?? 'text'}`,
  );
  return compareRows(order, placeholders) ?? compareTerms(order, placeholders);
}

function checkPosition(order: ListOrder, after: ListPosition | null | undefined): void {
  if (after && after.length !== order.length) {
    throw new ListPositionError('The position has another number of values than the order');
  }
}

/**
 * Builds one row comparison, which an index supports; undefined if directions differ or a value may be null.
 */
function compareRows(order: ListOrder, placeholders: (string | null)[]): string | undefined {
  const direction = order[0]?.order;
  const isPlain = order.every((term) => !term.isNullable && term.order === direction);
  if (!isPlain || placeholders.includes(null)) return undefined;
  const sign = direction === 'asc' ? '>' : '<';
  return `(${order.map((term) => term.sql).join(', ')}) ${sign} (${placeholders.join(', ')})`;
}

function compareTerms(order: ListOrder, placeholders: (string | null)[]): string {
  const [term, ...furtherTerms] = order;
  if (!term) return 'false';
  const [placeholder, ...furtherPlaceholders] = placeholders;
  const further = compareTerms(furtherTerms, furtherPlaceholders);
  if (placeholder === null || placeholder === undefined) return `(${term.sql} is null and ${further})`;
  const sign = term.order === 'asc' ? '>' : '<';
  const orNone = term.isNullable ? ` or ${term.sql} is null` : '';
  return `(${term.sql} ${sign} ${placeholder}${orNone} or (${term.sql} = ${placeholder} and ${further}))`;
}

/** Selects the position of each row. */
function positionColumn(order: ListOrder): string {
  return `json_build_array(${order.map((term) => `(${term.sql})::text`).join(', ')})::text as "position"`;
}

/** The source of a list: `from` is a table or a join, `where` its filter. */
export interface ListSource {
  columns: string;
  from: string;
  where: Conditions;
}

/**
 * Builds the statement that reads a range by one scan in list order. One additional row shows whether more
 * follow.
 */
export function walk({ columns, from, where }: ListSource, order: ListOrder, range: RowRange): string {
  const start = behind(order, range.after, where);
  return `select ${columns}, ${positionColumn(order)} from ${from} where ${where.sql()} and ${start} ${orderBy(order)}
    limit ${whole(range.limit) + 1} offset ${whole(range.offset)}`;
}

/**
 * Builds the same for a table whose first rows are in several places, each sorted in itself. `branches`
 * select `id` and `sort_value` of the rows that can be on the page (see `branch`); only the rows of the page
 * are then read in full.
 */
export function gather(
  { columns, from }: Pick<ListSource, 'columns' | 'from'>,
  order: ListOrder,
  range: RowRange,
  branches: readonly string[],
): string {
  const [term] = order;
  const direction = term?.order ?? 'desc';
  return `select ${columns}, ${positionColumn(order)} from (
      select id from (${branches.join(' union ')}) as candidates
       order by sort_value ${direction} nulls last, id ${direction}
       limit ${whole(range.limit) + 1} offset ${whole(range.offset)}
    ) as chosen join ${from} on ${from}.id = chosen.id ${orderBy(order)}`;
}

/** Builds a branch of `gather`: as many rows as the page can need from this place. */
export function branch(from: string, condition: string, order: ListOrder, range: RowRange): string {
  return `(select ${from}.id, ${order[0]?.sql ?? 'null'} as sort_value from ${from} where ${condition} ${orderBy(order)}
    limit ${whole(range.limit) + whole(range.offset) + 1})`;
}

/** Joins each row of `asked` with the rows of a branch that references it. */
export function lateral(asked: string, ofEach: string): string {
  return `(select spread.id, spread.sort_value from ${asked} cross join lateral ${ofEach} as spread)`;
}

/**
 * Selects, for each value of a column, the rows that can be on the page; `values` is the placeholder of an
 * array.
 */
export function spreadOver(
  from: string,
  { column, type, values }: { column: string; type: string; values: string },
  condition: string,
  order: ListOrder,
  range: RowRange,
): string {
  const asked = `unnest(${values}::${type}[]) as asked (value)`;
  return lateral(asked, branch(from, `${condition} and ${column} = asked.value`, order, range));
}

/**
 * Reads a range of a table sorted by one nullable column: an index returns the rows with a value and those
 * without, each in order, but not the latter after the former in both directions.
 */
export function walkNullable(source: ListSource, order: ListOrder, range: RowRange): string {
  const { from, where } = source;
  const { after } = range;
  const [term, ...further] = order;
  if (!term || further.length !== 1) throw new Error('Only one column and the id can be walked this way');
  checkPosition(order, after);
  // Each branch has the order of the index, read from either end.
  const inIndex = [{ ...term, isNullable: false }, ...further];
  const isBehindFilled = after?.[0] === null;
  const filled = `${where.sql()} and ${term.sql} is not null`;
  const empty = `${where.sql()} and ${term.sql} is null`;
  if (isBehindFilled) {
    const start = behind(further, after?.slice(1), where);
    return gather(source, order, range, [branch(from, `${empty} and ${start}`, inIndex, range)]);
  }
  const start = behind(inIndex, after, where);
  const branches = [
    branch(from, `${filled} and ${start}`, inIndex, range),
    branch(from, empty, inIndex, range),
  ];
  return gather(source, order, range, branches);
}

/**
 * Runs a statement of `walk` or `gather`.
 * @param isPrepared whether Postgres may keep the plan: only if it does not depend on the values
 * @throws ListPositionError if the values of the position do not match the columns' types
 */
export async function readRange<Row extends object>(
  sql: Queryable,
  statement: ListStatement,
  range: RowRange,
): Promise<RowPage<Row>> {
  const found = await runList<Row & { position: string }>(sql, statement).catch((error: unknown) => {
    if (range.after && sqlState(error)?.startsWith(invalidValueClass)) {
      throw new ListPositionError('The position holds values of other types', { cause: error });
    }
    throw error;
  });
  const rows = found.slice(0, range.limit);
  const last = found.length > range.limit ? rows.at(-1) : undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the statement itself builds the position, from its order
  return { rows, next: last ? (JSON.parse(last.position) as ListPosition) : null };
}

interface ListStatement {
  text: string;
  /** The conditions of the text, with their parameters. */
  where: Pick<Conditions, 'parameters'>;
  isPrepared: boolean;
}

function runList<Row extends object>(
  sql: Queryable,
  { text, where, isPrepared }: ListStatement,
): Promise<Row[]> {
  const statement = named(text, where.parameters);
  return isPrepared ? sql.prepared<Row>(statement) : sql.query<Row>(statement);
}

/** SQLSTATE class 22, data exceptions: text that is not a timestamp, a number out of range. */
const invalidValueClass = '22';

/** Counts a filtered list up to `atMost`, to avoid reading a long history. */
export async function countRows(
  sql: Queryable,
  { from, where }: Pick<ListSource, 'from' | 'where'>,
  atMost: number,
  { isPrepared }: { isPrepared: boolean },
): Promise<number> {
  const text = `select count(*)::int as count from (select 1 from ${from} where ${where.sql()} limit ${whole(atMost)}) as counted`;
  const [row] = await runList<{ count: number }>(sql, { text, where, isPrepared });
  return row?.count ?? 0;
}

/** Limits are literals in the text: for a parameter, Postgres plans as if a tenth of all rows were wanted. */
function whole(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no number of rows`);
  return value;
}
