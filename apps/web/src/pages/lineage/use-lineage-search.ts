import { useNavigate, useSearch } from '@tanstack/react-router';

/** Maximum datasets whose tables are shown; the server rejects more. */
const maxExpanded = 10;

/** The parts of the URL that select what a lineage shows, with setters. They are equal on all pages with one. */
export function useLineageSearch() {
  const { node, expanded, fold, view, find } = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = (part: { [Name in keyof LineageSearch]?: LineageSearch[Name] | undefined }) =>
    void navigate({
      to: '.',
      search: (before) => ({ ...before, ...part }),
      replace: true,
      resetScroll: false,
    });
  const toggleDataset = (name: string) => {
    const others = (expanded ?? []).filter((each) => each !== name);
    const next = expanded?.includes(name) === true ? others : [...others, name].slice(-maxExpanded);
    change({ expanded: next.length === 0 ? undefined : next });
  };
  return {
    /** Key of the selected node. */
    selected: node,
    expanded,
    /** Tags whose jobs are one node each. */
    fold,
    isList: view === 'list',
    find,
    select: (key: string | undefined) => change({ node: key }),
    change,
    toggleDataset,
  };
}

interface LineageSearch {
  node: string;
  expanded: string[];
  fold: string[];
  view: 'list';
  find: string;
}
