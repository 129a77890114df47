import type { SchemaChange, SchemaChangeKind } from '@pumphouse/contract';

/** A schema version that changed a table. */
export interface TableVersion {
  /** Null for the first known version of the schema. */
  baseHash: string | null;
  /** Only of this table. */
  changes: readonly SchemaChange[];
}

/** The versions that added a column and last changed it; null if the history does not contain them. */
export interface ColumnHistory<Version> {
  added: Version | null;
  changed: Version | null;
}

const addingKinds: readonly SchemaChangeKind[] = ['column_added', 'type_conflict'];
const changingKinds: readonly SchemaChangeKind[] = ['data_type_changed', 'nullable_changed', 'hint_changed'];

/**
 * Finds the versions that added and last changed each column. A column without a change of its own was added
 * with the table, by the version that added the table or by the first version of the schema.
 * @param versions newest first
 */
export function traceColumns<Version extends TableVersion>(
  columnNames: readonly string[],
  versions: readonly Version[],
): Map<string, ColumnHistory<Version>> {
  const added = new Map<string, Version>();
  const changed = new Map<string, Version>();
  for (const version of versions) {
    for (const { kind, column } of version.changes) {
      // Changes before the column was last added are those of an earlier column of that name.
      if (column === null || added.has(column)) continue;
      if (addingKinds.some((each) => each === kind)) added.set(column, version);
      else if (changingKinds.some((each) => each === kind) && !changed.has(column))
        changed.set(column, version);
    }
    if (addsTable(version)) break;
  }
  const start = versions.find(addsTable) ?? null;
  return new Map(
    columnNames.map((name) => [
      name,
      { added: added.get(name) ?? start, changed: changed.get(name) ?? null },
    ]),
  );
}

/** Whether a version added the table: also the first version of a schema, whose tables are not listed one by one. */
export function addsTable({ baseHash, changes }: TableVersion): boolean {
  return baseHash === null || changes.some(({ kind }) => kind === 'table_added');
}
