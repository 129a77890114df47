import { nextSorting } from '../search/sorting.ts';

interface SortHeaderProps {
  children: string;
  /** As the address has it when this column is sorted by its better end: `-rows` for the largest first. */
  first: string;
  /** As the address has it now. */
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  isNumber?: boolean;
}

/** The heading of a column that a list can be sorted by. */
export function SortHeader({ children, first, sort, onSort, isNumber = false }: SortHeaderProps) {
  const isCurrent = sort !== undefined && sort.replace(/^-/, '') === first.replace(/^-/, '');
  const direction = sort?.startsWith('-') ? 'descending' : 'ascending';
  return (
    <th scope="col" className={isNumber ? 'number' : undefined} aria-sort={isCurrent ? direction : undefined}>
      <button type="button" onClick={() => onSort(nextSorting(sort, first))}>
        {children}
        {isCurrent && <span aria-hidden="true">{direction === 'descending' ? ' ▾' : ' ▴'}</span>}
      </button>
    </th>
  );
}
