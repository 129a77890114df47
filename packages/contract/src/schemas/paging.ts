import { z } from 'zod';
import { namedEnum, responseObject } from './primitives.ts';
import { queryInteger, queryList, queryText } from './query.ts';

/** Default number of rows per page. */
export const defaultPageLimit = 100;

/** Maximum number of rows per page. */
export const maximumPageLimit = 1000;

/** Maximum offset; rows beyond it require a cursor. */
export const maximumPageOffset = 10_000;

/** `total` is counted up to this number, so that a list never counts a whole history. */
export const saturatedTotal = maximumPageOffset + 1;

export const sortOrder = namedEnum('SortOrder', ['asc', 'desc']);
export type SortOrder = z.output<typeof sortOrder>;

/** One page of a list; `next_cursor` is null or absent on the last page. */
export function listPage<Item extends z.ZodType>(id: string, item: Item) {
  return responseObject(id, {
    items: z.array(item),
    limit: z.int(),
    offset: z.int(),
    total: z.int(),
    next_cursor: z.string().nullish(),
  });
}

/**
 * The query of a list: paging, `sort` by the given keys with `order`, and the list's own filters. `sort` and
 * `order` are parallel lists; a cursor replaces an offset.
 */
export function listQuery<
  const SortKeys extends readonly [string, ...string[]],
  Filters extends z.core.$ZodLooseShape,
>(sortKeys: SortKeys, filters: Filters) {
  // Without its type the published declarations of this function do not compile.
  const sortKey: z.ZodType<SortKeys[number], SortKeys[number]> = z.enum(sortKeys);
  return z
    .object({
      limit: queryInteger({ minimum: 1, maximum: maximumPageLimit }).default(defaultPageLimit),
      offset: queryInteger({ minimum: 0, maximum: maximumPageOffset }).default(0),
      cursor: queryText.optional(),
      sort: queryList(sortKey).optional(),
      order: queryList(sortOrder).optional(),
      ...filters,
    })
    .superRefine(checkPaging);
}

interface Paging {
  offset: number;
  cursor?: string | undefined;
  sort?: readonly string[] | undefined;
  order?: readonly string[] | undefined;
}

function checkPaging(query: unknown, context: z.core.$RefinementCtx): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod does not derive it from generic filters
  const { offset, cursor, sort, order } = query as Paging;
  if (order !== undefined && order.length !== (sort ?? []).length) {
    context.addIssue({ code: 'custom', path: ['order'], message: 'must have as many entries as sort' });
  }
  if (cursor !== undefined && offset > 0) {
    context.addIssue({ code: 'custom', path: ['cursor'], message: 'cannot be combined with an offset' });
  }
}

/** Bounds on the number of runs listed inside each item of another list. */
export const nestedRunsBounds = { minimum: 0, maximum: 100 };
