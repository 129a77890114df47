import { z } from 'zod';
import {
  parseSearch,
  searchList,
  searchText,
  searchWord,
  stringifySearch,
} from '../../search/search-params.ts';
import { runRanges } from './run-range.ts';
import type { RunSearch } from './run-list.ts';

/** The search parameters of the list of runs. Values that no server knows are kept, and dropped from requests. */
export const runSearch = z.object({
  q: searchText,
  status: searchList,
  job_id: searchText,
  trigger_kind: searchList,
  profile: searchList,
  pipeline_name: searchList,
  backfill_id: searchText,
  waiting_for: searchText,
  range: searchWord(runRanges),
  from: searchText,
  to: searchText,
  sort: searchText,
});

/** Reads the search of a saved view. */
export const readViewSearch = (text: string): RunSearch => runSearch.parse(parseSearch(text));

/** Writes a search as a saved view contains it: equal searches are equal texts. */
export function toViewSearch(search: RunSearch): string {
  const sorted = Object.entries(search).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  return stringifySearch(Object.fromEntries(sorted)).slice(1);
}
