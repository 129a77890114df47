import type { ReactNode } from 'react';
import classes from './pipelines.module.css';
import table from '../../look/table.module.css';
import { LoadFigureColumns, LoadFigureHeaders, type SortedBy } from './load-figures.tsx';
import { SortHeader } from '../../look/sort-header.tsx';

/** A heading with the width of its column; without one it takes what is left. */
export interface FigureColumn {
  width?: string;
  head: string;
  /** As the address has it when the list is sorted by the better end of the column; none for one that no list is sorted by. */
  first?: string;
  isNumber?: boolean;
}

interface FigureTableProps extends SortedBy {
  /** What its rows are. */
  label: string;
  /** "30 days": what the figures are of. */
  span: string;
  /** What stands before the figures that pipelines and datasets have alike, and between them and the schema. */
  before: readonly FigureColumn[];
  after?: readonly FigureColumn[];
  /** The rows. */
  children: ReactNode;
}

/** The list of pipelines or of datasets: what each is, how much it loaded, and how its schema changed last. */
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
