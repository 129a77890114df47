import type { SchemaVersionResponse } from '@pumphouse/contract';
import { useEffect, useRef, type ReactNode } from 'react';
import classes from './schema-list.module.css';
import table from '../../../ui/table.module.css';
import { describeReference } from './graph-layout.ts';
import {
  formatType,
  listKeys,
  type ChangedValue,
  type ChangeMark,
  type MergedColumn,
  type MergedTable,
} from './merged-schema.ts';
import { formatNoun } from '../../../ui/format.ts';
import { markAppearances } from './mark.ts';
import { TableLink } from '../../../details/table-link.tsx';

interface SchemaListProps {
  /** The version whose tables are listed. */
  version: SchemaVersionResponse;
  tables: readonly MergedTable[];
  selected?: string | undefined;
}

const referenceLabels: Record<string, string> = { parent: 'nested in', root: 'root table' };

/** Up to this number, tables are expanded. */
const fewTables = 6;

/** All tables with their columns and inline changes. */
export function SchemaList({ version, tables, selected }: SchemaListProps) {
  const referencesOf = Map.groupBy(version.references, (reference) => reference.table);
  return (
    <div className={classes.list}>
      {tables.map((each) => (
        <TableEntry
          key={each.name}
          version={version}
          table={each}
          references={referencesOf.get(each.name) ?? []}
          isSelected={each.name === selected}
          isOpen={tables.length <= fewTables || each.mark !== null}
        />
      ))}
    </div>
  );
}

interface TableEntryProps {
  version: SchemaVersionResponse;
  table: MergedTable;
  references: SchemaVersionResponse['references'];
  isSelected: boolean;
  isOpen: boolean;
}

function TableEntry({ version, table: entry, references, isSelected, isOpen }: TableEntryProps) {
  const element = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!isSelected || !element.current) return;
    element.current.open = true;
    // Scroll only the list's pane, so that the page and the clicked graph stay in place.
    element.current.parentElement?.scrollTo({ top: element.current.offsetTop });
  }, [isSelected]);
  return (
    <details
      ref={element}
      open={isOpen}
      className={classes.table}
      data-selected={isSelected}
      data-mark={entry.mark}
    >
      <summary className={classes.summary}>
        <span className={classes.name}>{entry.name}</span>
        <Mark mark={entry.mark} />
        <span className="quiet">{describeTable(entry)}</span>
        {entry.changes.map((change) => (
          <Change key={change.what} change={change} />
        ))}
      </summary>
      <div
        className={table.scroll}
        tabIndex={0}
        role="group"
        aria-label={`Columns of ${entry.name}, scrollable`}
      >
        <table className={classes.columns} aria-label={`Columns of ${entry.name}`}>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Type</th>
              <th scope="col">Nullable</th>
              <th scope="col">Keys</th>
              <th scope="col">Changes</th>
            </tr>
          </thead>
          <tbody>
            {entry.columns.map((column) => (
              <ColumnRow key={column.name} column={column} />
            ))}
          </tbody>
        </table>
      </div>
      <Notes version={version} entry={entry} references={references} />
    </details>
  );
}

function ColumnRow({ column }: { column: MergedColumn }) {
  return (
    <tr data-mark={column.mark}>
      <th scope="row" title={column.description ?? undefined}>
        {column.name}
      </th>
      <td>{formatType(column)}</td>
      <td className="quiet">{column.nullable ? 'yes' : 'no'}</td>
      <td className="quiet">{listKeys(column).join(', ')}</td>
      <td>
        <Mark mark={column.mark} />
        {column.changes.map((change) => (
          <Change key={change.what} change={change} />
        ))}
        {column.variant_of !== null && (
          <span className="quiet"> values that do not fit {column.variant_of}</span>
        )}
      </td>
    </tr>
  );
}

function Mark({ mark }: { mark: ChangeMark | null }): ReactNode {
  if (mark === null) return null;
  const { sign, word } = markAppearances[mark];
  return (
    <span className={classes.mark} data-mark={mark}>
      {sign} {word}
    </span>
  );
}

function Change({ change: { what, before, after } }: { change: ChangedValue }) {
  return (
    <span className={classes.change}>
      {what}: <del>{before ?? 'none'}</del> → <ins>{after ?? 'none'}</ins>
    </span>
  );
}

interface NotesProps extends Pick<TableEntryProps, 'version' | 'references'> {
  entry: MergedTable;
}

/** A link to the page of a table, its references, description and dlt columns. */
function Notes({ version, entry, references }: NotesProps) {
  const own = entry.dltColumns.map(({ name }) => name).join(', ');
  return (
    <ul className={classes.notes}>
      {version.dataset_name !== null && entry.mark !== 'removed' && (
        <li>
          loads and history:{' '}
          <TableLink
            datasetName={version.dataset_name}
            tableName={entry.name}
            pipelineName={version.pipeline_name}
          />
        </li>
      )}
      {references.map((reference) => (
        <li key={`${reference.kind} ${describeReference(reference)}`}>
          {referenceLabels[reference.kind] ?? 'references'} {describeReference(reference)}
        </li>
      ))}
      {entry.description !== null && <li>{entry.description}</li>}
      {own !== '' && <li>dlt columns: {own}</li>}
    </ul>
  );
}

function describeTable({
  columns,
  parent,
  write_disposition: write,
  merge_strategy: strategy,
}: MergedTable): string {
  const text = [
    formatNoun(columns.length, 'column'),
    ...(parent === null ? [] : [`nested in ${parent}`]),
    ...(write === null || parent !== null ? [] : [strategy === null ? write : `${write} (${strategy})`]),
  ];
  return text.join(', ');
}
