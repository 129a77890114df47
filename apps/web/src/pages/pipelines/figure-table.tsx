import type { ReactNode } from 'react';
import classes from './pipelines.module.css';
import table from '../../ui/table.module.css';
import { LoadFigureColumns, LoadFigureHeaders, type SortedBy } from './load-figures.tsx';
import { SortHeader } from '../../ui/sort-header.tsx';

/** A column header with the column's width; without a width it takes the remaining space. */
export interface FigureColumn {
  width?: string;
  head: string;
  /** URL value of the default sort direction; undefined for a column that is not sortable. */
  first?: string;
  isNumber?: boolean;
}

interface FigureTableProps extends SortedBy {
  /** Name of the rows. */
  label: string;
  /** Time range of the figures: "30 days". */
  span: string;
  /** Columns before the shared load figures, and (in `after`) between them and the schema column. */
  before: readonly FigureColumn[];
  after?: readonly FigureColumn[];
  /** Table rows. */
  children: ReactNode;
}

/** Table of pipelines or datasets with load figures and the last schema change. */
export function FigureTable({ label, span, sort, onSort, before, after = [], children }: FigureTableProps) {
  const sorted = { sort, onSort };
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${classes.list}`} aria-label={`${label}, with figures of ${span}`}>
        <colgroup>
          {before.map(({ head, width }) => (
            <col key={head} style={{ width }} />
          ))}
          <LoadFigureColumns />
          {after.map(({ head, width }) => (
            <col key={head} style={{ width }} />
          ))}
          <col style={{ width: '16%' }} />
        </colgroup>
        <thead>
          <tr>
            {before.map((column) => (
              <Head key={column.head} column={column} {...sorted} />
            ))}
            <LoadFigureHeaders {...sorted} />
            {after.map((column) => (
              <Head key={column.head} column={column} {...sorted} />
            ))}
            <SortHeader {...sorted} first="-schema">
              Schema
            </SortHeader>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function Head({ column: { head, first, isNumber }, ...sorted }: SortedBy & { column: FigureColumn }) {
  if (first === undefined) return <th scope="col">{head}</th>;
  return (
    <SortHeader {...sorted} first={first} isNumber={isNumber ?? false}>
      {head}
    </SortHeader>
  );
}
