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

/** A table that changed is named in the row of its version; a hostile schema has any number. */
const mostChangedTables = 2000;

/** Writes down what a version of a schema that is stored changed, compared with the version that it came of. */
export async function noteSchemaChanges(
  store: Store,
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
    changedTables: changed.slice(0, mostChangedTables),
    createdAt: version.createdAt ?? null,
  });
}

/**
 * Compares the versions of schemas that were stored without it: those of before there was a history, and those of older servers on
 * the same store. One version a transaction, so whatever stops it, the next call goes on from there; servers share the work.
 */
export function createCompareSchemas({ persistence, log }: { persistence: Persistence; log: Logger }) {
  /** @returns the version that was compared, null when none waits */
  function compareNext(passed: readonly SchemaVersionKey[], onTaken: (key: SchemaVersionKey) => void) {
    return persistence.transaction(async (store) => {
      const version = await store.schemaVersions.lockUncompared(passed);
      if (!version) return null;
      onTaken(version);
      await noteSchemaChanges(store, version);
      await store.schemaVersions.markCompared(version);
      return version;
    });
  }

  /** All that wait, oldest first, until `signal` says to stop. One that fails keeps back no other, and is tried in the next call. */
  return async function compareWaiting(signal?: AbortSignal): Promise<number> {
    const passed: SchemaVersionKey[] = [];
    for (let compared = 0; ;) {
      let taken: SchemaVersionKey | null = null;
      try {
        if (signal?.aborted || !(await compareNext(passed, (key) => (taken = key)))) return compared;
        compared += 1;
      } catch (error) {
        if (taken === null) throw error;
        const { pipelineName, schemaName, versionHash, workspaceId } = taken as SchemaVersionKey;
        passed.push({ pipelineName, schemaName, versionHash, workspaceId });
        log.error({ err: error, pipelineName, schemaName, versionHash }, 'version of a schema not compared');
      }
    }
  };
}
