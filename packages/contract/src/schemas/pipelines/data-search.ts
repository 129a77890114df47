import { z } from 'zod';
import { namedEnum, openEnum, responseObject } from '../primitives.ts';

/** Maximum names in one response. */
export const maximumFoundNames = 100;

/** Maximum characters of a search for names. */
export const maximumNameSearchLength = 300;

const dataNameKind = namedEnum('DataNameKind', ['dataset', 'table', 'column']);

/** The name of a dataset, a table or a column in the last reported schemas. */
const foundDataName = responseObject('FoundDataName', {
  kind: openEnum(dataNameKind),
  dataset_name: z.string(),
  /** Null for a dataset. */
  table_name: z.string().nullable(),
  /** Null for a dataset and a table. */
  column_name: z.string().nullable(),
  /** One of the pipelines whose schema has it. */
  pipeline_name: z.string(),
});
export type FoundDataName = z.output<typeof foundDataName>;

export const dataSearchResponse = responseObject('DataSearchResponse', {
  /** Equal names first, then names that start with a word of the search. */
  items: z.array(foundDataName),
  /** More names match than `limit`. */
  is_cut: z.boolean(),
});
export type DataSearchResponse = z.output<typeof dataSearchResponse>;
