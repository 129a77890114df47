import { nextSorting } from '../search/sorting.ts';

interface SortHeaderProps {
  children: string;
  /** URL value for the column's default direction: `-rows` for the largest first. */
  first: string;
  /** Current URL value. */
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  isNumber?: boolean;
  className?: string | undefined;
}

/** Header of a sortable column. */
export function SortHeader({
  children,
  first,
  sort,
  onSort,
  isNumber = false,
  className = '',
}: SortHeaderProps) {
  const isCurrent = sort !== undefined && sort.replace(/^-/, '') === first.replace(/^-/, '');
  const direction = sort?.startsWith('-') ? 'descending' : 'ascending';
  return (
    <th
      scope="col"
      className={`${className} ${isNumber ? 'number' : ''}`}
      aria-sort={isCurrent ? direction : undefined}
    >
      <button type="button" onClick={() => onSort(nextSorting(sort, first))}>
        {children}
        {isCurrent && <span aria-hidden="true">{direction === 'descending' ? ' ▾' : ' ▴'}</span>}
      </button>
    </th>
  );
}
