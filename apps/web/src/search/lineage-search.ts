import { searchList, searchText, searchWord } from './search-params.ts';

/** Search parameters of a lineage, on its own page and in the tabs of others. */
export const lineageSearch = {
  /** Key of the selected node. */
  node: searchText,
  /** Datasets whose tables are shown. */
  expanded: searchList,
  /** Tags whose jobs are shown as one node. */
  fold: searchList,
  view: searchWord(['list']),
  /** Search text among the nodes. */
  find: searchText,
};
