import type { DatasetSchemaKey, SchemaColumnNames } from '../../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence, Store } from '../../store/store.ts';
import { maximumSchemaColumns } from '@pumphouse/contract';
import { readSchema } from '../../telemetry/read-schema.ts';

export type FillDatasetColumns = ReturnType<typeof createFillDatasetColumns>;

/**
 * Stores the columns of a reported schema version for the search, unless they are stored already.
 * @param isCorrected the version had other names before
 */
export async function storeDatasetColumns(
  store: Pick<Store, 'dataSearch'>,
  key: DatasetSchemaKey,
  version: { versionHash: string; document: unknown },
  isCorrected = false,
): Promise<void> {
  if (!isCorrected && !(await store.dataSearch.needsColumns(key, version.versionHash))) return;
  await store.dataSearch.setColumns(key, listColumns(version));
}

/** The columns of a schema, of its first tables if it has too many. */
function listColumns({
  versionHash,
  document,
}: {
  versionHash: string;
  document: unknown;
}): SchemaColumnNames {
  const columns = readSchema(document)
    .tables.flatMap((table) =>
      table.columns.flatMap(({ name, isDlt }) => (isDlt ? [] : [{ table: table.name, name }])),
    )
    .slice(0, maximumSchemaColumns);
  return {
    versionHash,
    tableNames: columns.map(({ table }) => table),
    columnNames: columns.map(({ name }) => name),
  };
}

/**
 * Creates a function that stores the columns of schemas that have none: those from before there was a search,
 * and those that older servers on the same store accepted. Each schema has its own transaction; servers share
 * the work.
 */
export function createFillDatasetColumns({
  persistence,
  log,
}: {
  persistence: Persistence<'dataSearch' | 'schemaVersions'>;
  log: Logger;
}) {
  /** @returns the schema that was next; null if there is none */
  function fillNext(after: DatasetSchemaKey | null, onLocked: (key: DatasetSchemaKey) => void) {
    return persistence.transaction(async (store) => {
      const key = await store.dataSearch.lockWithoutColumns(after);
      if (!key) return null;
      onLocked(key);
      const [latest] = await store.schemaVersions.listLatestDocuments(key.workspaceId, [key]);
      await store.dataSearch.setColumns(
        key,
        latest ? listColumns(latest) : { versionHash: '', tableNames: [], columnNames: [] },
      );
      return key;
    });
  }

  /** Fills all of them until `signal` aborts. One that fails is logged, and retried in the next call. */
  return async function fillDatasetColumns(signal?: AbortSignal): Promise<number> {
    let after: DatasetSchemaKey | null = null;
    for (let filled = 0; ;) {
      let locked: DatasetSchemaKey | null = null;
      try {
        if (signal?.aborted === true || !(await fillNext(after, (key) => (locked = key)))) return filled;
        filled += 1;
      } catch (error) {
        if (locked === null) throw error;
        log.error({ err: error, ...(locked as DatasetSchemaKey) }, 'columns of a schema not stored');
      }
      after = locked;
    }
  };
}
