import type { FoundNameRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { splitSearch } from '../../domain/pipelines/split-search.ts';

export type SearchData = ReturnType<typeof createSearchData>;

/** User code names datasets and columns, so the number of names that one request reads is limited. */
const maxSchemas = 5000;
const maxColumns = 200_000;

/** Creates the search for names of datasets, tables and columns in the last reported schemas. */
export function createSearchData({ store }: Persistence<'dataSearch'>) {
  /** Finds names, best matches first. */
  return async function searchData(
    workspaceId: string,
    { text, limit }: { text: string; limit: number },
  ): Promise<{ found: FoundNameRecord[]; isCut: boolean }> {
    const words = splitSearch(text);
    if (words.length === 0) return { found: [], isCut: false };
    const found = await store.dataSearch.search(workspaceId, {
      words,
      limit: limit + 1,
      maxSchemas,
      maxColumns,
    });
    return { found: found.slice(0, limit), isCut: found.length > limit };
  };
}
