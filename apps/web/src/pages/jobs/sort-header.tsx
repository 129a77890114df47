import type { ReactNode } from 'react';
import { nextSort, sortOf, type JobSearch } from './job-list.ts';

interface SortHeaderProps {
  column: NonNullable<JobSearch['sort']>;
  search: JobSearch;
  onSort: (part: Pick<JobSearch, 'sort' | 'order'>) => void;
  className?: string | undefined;
  children: ReactNode;
}

/** The head of a column by which the list can be sorted. */
export function SortHeader({ column, search, onSort, className, children }: SortHeaderProps) {
  const direction = sortOf(search, column);
  return (
    <th scope="col" aria-sort={direction} className={className}>
      <button type="button" onClick={() => onSort(nextSort(search, column))}>
        {children}
        <span aria-hidden="true">{{ ascending: ' ▴', descending: ' ▾', none: '' }[direction ?? 'none']}</span>
      </button>
    </th>
  );
}
