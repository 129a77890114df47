import type { Logger } from 'pino';
import type { NewSchemaVersion, SchemaVersionKey } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { maximumListedSchemaChanges } from '@pumphouse/contract';
import {
  compareSchemas,
  describeNewSchema,
  listChangedTables,
} from '../../domain/pipelines/schema-difference.ts';
import { countShape } from '../../domain/pipelines/schema-shape.ts';
import { readSchema } from '../../telemetry/read-schema.ts';

export type CompareSchemas = ReturnType<typeof createCompareSchemas>;

/** Maximum number of changed tables in the row of a version; a hostile schema can have any number. */
const maxChangedTables = 2000;

/** Records the changes of a stored schema version since the version it is based on. */
export async function noteSchemaChanges(
  store: Pick<Store, 'schemaChanges' | 'schemaVersions'>,
  version: NewSchemaVersion & { createdAt?: Date },
): Promise<void> {
  const base = await store.schemaVersions.findBase(version);
  const shape = readSchema(version.document);
  const { counts, changes } = base
    ? compareSchemas(readSchema(base.document), shape)
    : describeNewSchema(shape);
  const changed = base ? listChangedTables(changes) : shape.tables.map(({ name }) => name);
  const { document: _, previousHashes: __, destinationName: ___, ...key } = version;
  await store.schemaChanges.add({
    ...key,
    ...countShape(shape),
    baseHash: base?.versionHash ?? null,
    counts,
    changeCount: changes.length,
    changes: changes.slice(0, maximumListedSchemaChanges),
    changedTables: changed.slice(0, maxChangedTables),
    createdAt: version.createdAt ?? null,
  });
}

/**
 * Creates a function that compares stored schema versions without a comparison: those from before there was a
 * history, and those by older servers on the same store. Each version has its own transaction, so after an
 * interruption the next call continues; servers share the work.
 */
export function createCompareSchemas({
  persistence,
  log,
}: {
  persistence: Persistence<'schemaChanges' | 'schemaVersions'>;
  log: Logger;
}) {
  /** @returns the compared version; null if none is waiting */
  function compareNext(passed: readonly SchemaVersionKey[], onRevoked: (key: SchemaVersionKey) => unknown) {
    return persistence.transaction(async (store) => {
      const version = await store.schemaVersions.lockUncompared(passed);
      if (!version) return null;
      onRevoked(version);
      await noteSchemaChanges(store, version);
      await store.schemaVersions.markCompared(version);
      return version;
    });
  }

  /**
   * Compares all waiting versions, oldest first, until `signal` aborts. One that fails does not block the
   * others, and is retried in the next call.
   */
  return async function compareWaiting(signal?: AbortSignal): Promise<number> {
    const passed: SchemaVersionKey[] = [];
    for (let compared = 0; ;) {
      const taken: SchemaVersionKey[] = [];
      try {
        if (signal?.aborted || !(await compareNext(passed, (key) => taken.push(key)))) return compared;
        compared += 1;
      } catch (error) {
        const [version] = taken;
        if (!version) throw error;
        const { pipelineName, schemaName, versionHash, workspaceId } = version;
        passed.push({ pipelineName, schemaName, versionHash, workspaceId });
        log.error({ err: error, pipelineName, schemaName, versionHash }, 'version of a schema not compared');
      }
    }
  };
}
