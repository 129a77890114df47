import type {
  LatestSchemaRecord,
  SchemaChangeFilter,
  SchemaChangeSortKey,
  SchemaChangesRecord,
  SchemaKey,
  SchemaVersionKey,
  SchemaVersionRecord,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import type { SchemaDifference } from '../../domain/pipelines/schema-difference.ts';
import type { SchemaShape } from '../../domain/pipelines/schema-shape.ts';
import { compareSchemas, describeNewSchema } from '../../domain/pipelines/schema-difference.ts';
import { createPageReader } from '../paging/read-page.ts';
import { readSchema } from '../../telemetry/read-schema.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface PipelineSchema extends LatestSchemaRecord {
  latest: SchemaChangesRecord;
}

export interface SchemaVersion {
  stored: SchemaVersionRecord;
  changes: SchemaChangesRecord;
  isLatest: boolean;
  shape: SchemaShape;
}

export type ReadSchemas = ReturnType<typeof createReadSchemas>;

/**
 * Reads the history of pipeline schemas. A version appears once it is compared: at once, except for those by
 * older servers.
 */
export function createReadSchemas({ store }: Persistence<'schemaChanges' | 'schemaVersions'>) {
  const readPage = createPageReader();

  async function getStored(key: SchemaVersionKey): Promise<SchemaVersionRecord> {
    const version = await store.schemaVersions.get(key);
    if (!version) throw refuseVersion(key);
    return version;
  }

  return {
    /** Lists versions with their changes, newest first unless sorted. */
    listChanges: (
      workspaceId: string,
      filter: SchemaChangeFilter,
      page: PageRequest<SchemaChangeSortKey>,
    ): Promise<Page<SchemaChangesRecord>> => readPage(page, store.schemaChanges.list(workspaceId, filter)),

    /** @throws ServiceError not_found for a pipeline that reported no schema */
    async listSchemas(workspaceId: string, pipelineName: string): Promise<PipelineSchema[]> {
      const schemas = await store.schemaVersions.listLatest(workspaceId, pipelineName);
      if (schemas.length === 0) {
        throw new ServiceError('not_found', `There is no pipeline ${pipelineName} that reported a schema.`);
      }
      const { rows } = await store.schemaChanges
        .list(workspaceId, {
          pipelineNames: [pipelineName],
          versionHashes: schemas.map(({ versionHash }) => versionHash),
        })
        .read({ limit: schemas.length, offset: 0 });
      return schemas.flatMap((schema) => {
        const isLatest = (row: SchemaChangesRecord) =>
          row.schemaName === schema.schemaName && row.versionHash === schema.versionHash;
        const latest = rows.find(isLatest);
        return latest ? [{ ...schema, latest }] : [];
      });
    },

    /** @throws ServiceError not_found for a schema that the pipeline never reported */
    async listVersions(
      { workspaceId, pipelineName, schemaName }: SchemaKey,
      page: PageRequest<SchemaChangeSortKey>,
    ): Promise<Page<SchemaChangesRecord>> {
      const latest = await store.schemaVersions.findLatestHash({ workspaceId, pipelineName, schemaName });
      if (latest === null) {
        throw new ServiceError('not_found', `There is no schema ${schemaName} of pipeline ${pipelineName}.`);
      }
      const filter = { pipelineNames: [pipelineName], schemaNames: [schemaName] };
      return readPage(page, store.schemaChanges.list(workspaceId, filter));
    },

    /** @throws ServiceError not_found */
    async getVersion(key: SchemaVersionKey): Promise<SchemaVersion> {
      const [stored, changes] = await Promise.all([getStored(key), store.schemaChanges.get(key)]);
      if (!changes) throw refuseVersion(key);
      const latest = await store.schemaVersions.findLatestHash(key);
      return { stored, changes, isLatest: latest === key.versionHash, shape: readSchema(stored.document) };
    },

    /**
     * Compares a version with another one, in either order.
     * @param baseHash null for the previous version, or for an empty schema if there is none
     * @throws ServiceError not_found if either version does not exist
     */
    async compare(
      key: SchemaVersionKey,
      baseHash: string | null,
    ): Promise<{ baseHash: string | null; difference: SchemaDifference }> {
      const version = await getStored(key);
      const chosen = baseHash ?? (await store.schemaChanges.get(key))?.baseHash ?? null;
      const after = readSchema(version.document);
      if (chosen === null) return { baseHash: null, difference: describeNewSchema(after) };
      const base = await getStored({ ...key, versionHash: chosen });
      return { baseHash: chosen, difference: compareSchemas(readSchema(base.document), after) };
    },
  };
}

function refuseVersion({ pipelineName, schemaName, versionHash }: SchemaVersionKey): ServiceError {
  const text = `There is no version ${versionHash} of schema ${schemaName} of pipeline ${pipelineName}.`;
  return new ServiceError('not_found', text);
}
