import type { Freshness } from '../../domain/pipelines/pipeline-freshness.ts';
import type { LatestDocumentRecord, TableLoadRecord, TableVersionRecord } from '../../store/records.ts';
import type { ColumnHistory } from '../../domain/pipelines/table-history.ts';
import type { Persistence } from '../../store/store.ts';
import type { PipelineJob, PipelineNews, ReadFreshness } from './read-freshness.ts';
import type { SchemaTableShape } from '../../domain/pipelines/schema-shape.ts';
import { addsTable, traceColumns } from '../../domain/pipelines/table-history.ts';
import { compareSchemas } from '../../domain/pipelines/schema-difference.ts';
import { maximumTableLoads, maximumTableWriters } from '@pumphouse/contract';
import { readSchema } from '../../telemetry/read-schema.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { sortWorstFirst } from './read-freshness.ts';

/** Names a table. */
export interface TableName {
  workspaceId: string;
  datasetName: string;
  tableName: string;
}

/** A schema that has the table, with the table's history in it. */
export interface TableWriter {
  news: PipelineNews;
  schema: Omit<LatestDocumentRecord, 'document'>;
  shape: SchemaTableShape;
  /** Newest first; the changes are only those of the table. */
  versions: readonly TableVersionRecord[];
  areVersionsCut: boolean;
  columns: ReadonlyMap<string, ColumnHistory<TableVersionRecord>>;
}

export interface TableOverview extends Omit<TableName, 'workspaceId'> {
  freshness: Freshness;
  lastSuccessAt: Date | null;
  /** The one that loaded the table last first. */
  writers: readonly TableWriter[];
  areWritersCut: boolean;
  jobs: readonly PipelineJob[];
  loads: readonly TableLoadRecord[];
  /** Number of runs of each pipeline that were searched for loads. */
  runsSearched: number;
}

export type ReadTable = ReturnType<typeof createReadTable>;

/** Number of versions with changes of one table. */
const maxVersions = 100;
/** Maximum versions that are compared anew, because they have more changes than are stored with them. */
const maxCompared = 3;

/** Creates the use case behind the page of a table, from the runs and schemas that its pipelines reported. */
export function createReadTable(
  { store }: Persistence<'schemaVersions' | 'tables'>,
  { readNews }: Pick<ReadFreshness, 'readNews'>,
) {
  /** Lists the changes of the table by a version that has more changes than are stored with it. */
  async function compareAnew(
    key: Parameters<typeof store.schemaVersions.get>[0],
    version: TableVersionRecord,
  ) {
    const [after, before] = await Promise.all([
      store.schemaVersions.get(key),
      store.schemaVersions.get({ ...key, versionHash: version.baseHash ?? '' }),
    ]);
    if (!after || !before) return null;
    return compareSchemas(readSchema(before.document), readSchema(after.document)).changes;
  }

  async function readVersions(
    name: TableName,
    schema: TableWriter['schema'],
  ): Promise<Pick<TableWriter, 'versions' | 'areVersionsCut'>> {
    const found = await store.tables.listVersions(name, schema, maxVersions);
    let areSomeMissing = false;
    let compared = 0;
    const versions: TableVersionRecord[] = [];
    for (const version of found) {
      let { changes } = version;
      if (version.baseHash !== null && version.changeCount > changes.length) {
        const key = { ...schema, workspaceId: name.workspaceId, versionHash: version.versionHash };
        const all = compared < maxCompared ? await compareAnew(key, version) : null;
        compared += 1;
        areSomeMissing ||= all === null;
        changes = all ?? changes;
      }
      versions.push({ ...version, changes: changes.filter(({ table }) => table === name.tableName) });
    }
    return { versions, areVersionsCut: areSomeMissing || !versions.some(addsTable) };
  }

  async function readWriter(
    name: TableName,
    { document, ...schema }: LatestDocumentRecord,
    news: PipelineNews | undefined,
  ): Promise<TableWriter[]> {
    const shape = readSchema(document).tables.find((each) => each.name === name.tableName);
    if (!shape || !news) return [];
    const history = await readVersions(name, schema);
    const columnNames = shape.columns.map((column) => column.name);
    return [{ news, schema, shape, ...history, columns: traceColumns(columnNames, history.versions) }];
  }

  /**
   * Reads a table of a dataset.
   * @throws ServiceError not_found if no schema has the table
   */
  return async function readTable(name: TableName): Promise<TableOverview> {
    const { workspaceId, datasetName, tableName } = name;
    const found = await store.tables.listWriters(name, maximumTableWriters + 1);
    const schemas = found.slice(0, maximumTableWriters);
    const pipelineNames = [...new Set(schemas.map(({ pipelineName }) => pipelineName))];
    const [{ news, records, jobs }, documents] = await Promise.all([
      readNews(
        workspaceId,
        pipelineNames.map((pipelineName) => ({ pipelineName, datasetName })),
      ),
      store.schemaVersions.listLatestDocuments(workspaceId, schemas),
    ]);
    const pipelines = records.flatMap(({ pipelineName, lastSuccess }) =>
      lastSuccess ? [{ name: pipelineName, until: lastSuccess.createdAt }] : [],
    );
    const runsSearched = Math.ceil(maximumTableLoads / Math.max(1, pipelines.length));
    const [writers, loads] = await Promise.all([
      Promise.all(
        documents.map((document) =>
          readWriter(
            name,
            document,
            news.find(({ pipelineName }) => pipelineName === document.pipelineName),
          ),
        ),
      ),
      store.tables.listLoads(name, pipelines, { runs: runsSearched, loads: maximumTableLoads }),
    ]);
    const [worst] = sortWorstFirst(news);
    if (!worst || writers.flat().length === 0)
      throw new ServiceError('not_found', `There is no table ${tableName} in dataset ${datasetName}.`);
    return {
      datasetName,
      tableName,
      freshness: worst.freshness,
      lastSuccessAt: worst.lastSuccessAt,
      writers: sortByLoad(writers.flat(), loads),
      areWritersCut: found.length > schemas.length,
      jobs,
      loads,
      runsSearched,
    };
  };
}

function sortByLoad(writers: readonly TableWriter[], loads: readonly TableLoadRecord[]): TableWriter[] {
  const placeOf = ({ schema }: TableWriter) => {
    const place = loads.findIndex(
      (load) => load.pipelineName === schema.pipelineName && load.schemaName === schema.schemaName,
    );
    return place === -1 ? loads.length : place;
  };
  return writers.toSorted((left, right) => placeOf(left) - placeOf(right));
}
