import type { TableColumn, TableWriter } from '@pumphouse/contract';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import classes from './table-page.module.css';
import table from '../../../ui/table.module.css';
import { Empty } from '../../../ui/answers.tsx';
import { filterColumns } from './table-rows.ts';
import { formatNoun } from '../../../ui/format.ts';
import { formatType, listKeys } from '../schema/merged-schema.ts';
import { nameVersion } from '../schema/version-texts.ts';
import { RunLink } from './run-link.tsx';
import { SearchBox } from '../../../search/search-box.tsx';
import { Section } from '../../../ui/page.tsx';
import { Time } from '../../../ui/time.tsx';

/** Columns with types and hints, and the version and run that added and last changed each. */
export function ColumnSection({ writer }: { writer: TableWriter }) {
  const { q, column } = useSearch({
    from: '/signed-in/w/$workspaceId/datasets/$datasetName/tables/$tableName',
  });
  const navigate = useNavigate({ from: '/w/$workspaceId/datasets/$datasetName/tables/$tableName' });
  const columns = filterColumns(writer.columns, q);
  const ownCount = writer.columns.filter(({ is_dlt: isDlt }) => !isDlt).length;
  return (
    <Section
      title={
        writer.are_columns_cut
          ? `First ${formatNoun(writer.columns.length, 'column')}`
          : formatNoun(ownCount, 'column')
      }
      aside={
        <SearchBox
          value={q}
          onSearch={(text) =>
            void navigate({ search: (before) => ({ ...before, q: text }), replace: true, resetScroll: false })
          }
          label="Search columns by name"
        />
      }
    >
      {columns.length === 0 ? (
        <Empty title="No columns match this search" />
      ) : (
        <div className={table.scroll}>
          <table className={`${table.table} ${classes.columns}`} aria-label="Columns">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Type</th>
                <th scope="col">Nullable</th>
                <th scope="col">Keys and hints</th>
                <th scope="col">Added</th>
                <th scope="col">Last changed</th>
              </tr>
            </thead>
            <tbody>
              {columns.map((each) => (
                <ColumnRow key={each.name} column={each} isCurrent={each.name === column} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function ColumnRow({ column, isCurrent }: { column: TableColumn; isCurrent: boolean }) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isCurrent) row.current?.scrollIntoView({ block: 'center' });
  }, [isCurrent]);
  return (
    <tr ref={row} data-row data-current={isCurrent} data-own={!column.is_dlt}>
      <td className={classes.columnName} title={column.description ?? undefined}>
        {column.name}
        {column.variant_of !== null && (
          <span className="quiet"> values that do not fit {column.variant_of}</span>
        )}
      </td>
      <td className="mono">{formatType(column)}</td>
      <td className="quiet" data-label="Nullable">
        {column.nullable ? 'yes' : 'no'}
      </td>
      <td>{[...listKeys(column), ...(column.is_dlt ? ['dlt'] : [])].join(', ')}</td>
      <td data-label="Added">
        {column.added === null ? (
          <span className="quiet">before the known history</span>
        ) : (
          <Origin origin={column.added} />
        )}
      </td>
      <td data-label="Changed">{column.changed !== null && <Origin origin={column.changed} />}</td>
    </tr>
  );
}

/** The version and the run of a change, and when it was. */
function Origin({ origin }: { origin: NonNullable<TableColumn['added']> }) {
  return (
    <span className={classes.origin}>
      {origin.job_run === null ? (
        <span className="quiet">removed run</span>
      ) : (
        <RunLink run={origin.job_run} isRow />
      )}{' '}
      <span className="quiet">
        {nameVersion(origin)}, <Time at={origin.created_at} />
      </span>
    </span>
  );
}
