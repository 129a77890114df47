import type { Freshness } from '../../domain/pipelines/pipeline-freshness.ts';
import type {
  LastPipelineRunRecord,
  PendingPackageRecord,
  PipelineNewsRecord,
  TableRowsRecord,
  UsualRunRecord,
} from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { PipelineJob, PipelineNews, ReadFreshness } from './read-freshness.ts';
import type { SchemaTableShape } from '../../domain/pipelines/schema-shape.ts';
import { inAllDatasets, sortWorstFirst } from './read-freshness.ts';
import { readSchema } from '../../telemetry/read-schema.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { maximumOverviewTables, usualRunCount } from '@pumphouse/contract';

/** A table of the latest schema, with the rows that the last runs loaded into it. */
export interface OverviewTable {
  pipelineName: string;
  schemaName: string;
  shape: SchemaTableShape;
  rows: TableRowsRecord | null;
  lastChangedAt: Date | null;
}

interface SchemaName {
  pipelineName: string;
  schemaName: string;
  /** Only these of its tables. */
  tableNames?: readonly string[];
}

interface Tables {
  tables: OverviewTable[];
  areTablesCut: boolean;
  /** Maximum number of runs that were read for each pipeline. */
  runsLookedAt: number;
  schemaChangeCount: number;
}

export interface PipelineOverview extends PipelineNews, Tables {
  jobs: PipelineJob[];
  usual: UsualRunRecord;
  schemaNames: string[];
  pendingPackages: PendingPackageRecord[];
}

export interface DatasetOverview extends Tables {
  datasetName: string;
  pipelines: PipelineNews[];
  /** Across all its pipelines. */
  lastRun: LastPipelineRunRecord | null;
  /** The last success of the pipeline that `freshness` refers to. */
  lastSuccessAt: Date | null;
  freshness: Freshness;
}

export type ReadPipelines = ReturnType<typeof createReadPipelines>;

const changedWithinMs = 30 * 86_400_000;
const maxChangesCounted = 1000;
const maxWriters = 50;
/** Number of runs of a dataset to read for each pipeline that writes to it. */
const runsOfWriter = 5;
const maxSchemasRead = 50;
const maxPendingPackages = 200;

/**
 * Creates the use cases behind the pages of pipelines and datasets. Table rows and usual values come from the
 * last successful runs.
 */
export function createReadPipelines(
  {
    store,
  }: Persistence<'pendingPackages' | 'pipelineOverviews' | 'schemaChanges' | 'schemaVersions' | 'telemetry'>,
  { readNews }: Pick<ReadFreshness, 'readNews'>,
  clock: () => Date,
) {
  /** Reads the current tables of schemas, and what the last runs of their pipelines loaded into them. */
  async function readTables(
    workspaceId: string,
    schemas: readonly SchemaName[],
    {
      records,
      datasetName,
      runs,
    }: { records: readonly PipelineNewsRecord[]; datasetName: string | null; runs: number },
  ): Promise<Tables> {
    const names = records.map(({ pipelineName }) => pipelineName);
    const pipelines = records.flatMap(({ pipelineName, lastSuccess }) =>
      lastSuccess ? [{ name: pipelineName, until: lastSuccess.createdAt }] : [],
    );
    const filter = datasetName === null ? { pipelineNames: names } : { datasetNames: [datasetName] };
    const since = new Date(clock().getTime() - changedWithinMs);
    const [shapes, rows, changes, schemaChangeCount] = await Promise.all([
      readShapes(workspaceId, schemas),
      store.pipelineOverviews.listTableRows(
        workspaceId,
        { pipelines, datasetName },
        { runs, tables: maximumOverviewTables },
      ),
      store.schemaChanges.listTableChanges(workspaceId, names),
      store.schemaChanges.countSince(workspaceId, filter, { since, atMost: maxChangesCounted }),
    ]);
    const rowsOf = new Map(rows.map((each) => [keyOf(each), each]));
    const changedAt = new Map(changes.map((each) => [keyOf(each), each.changedAt]));
    const tables = shapes.map((each) => {
      const key = keyOf({ ...each, tableName: each.shape.name });
      return { ...each, rows: rowsOf.get(key) ?? null, lastChangedAt: changedAt.get(key) ?? null };
    });
    return {
      tables: tables.slice(0, maximumOverviewTables),
      areTablesCut: tables.length > maximumOverviewTables,
      runsLookedAt: runs,
      schemaChangeCount,
    };
  }

  async function readShapes(workspaceId: string, schemas: readonly SchemaName[]) {
    const asked = schemas.slice(0, maxSchemasRead);
    const documents = await store.schemaVersions.listLatestDocuments(workspaceId, asked);
    return documents.flatMap(({ pipelineName, schemaName, document }) => {
      const isIt = (each: SchemaName) => each.pipelineName === pipelineName && each.schemaName === schemaName;
      const tableNames = asked.find(isIt)?.tableNames;
      const known = tableNames && new Set(tableNames);
      return readSchema(document)
        .tables.filter(({ name }) => known?.has(name) ?? true)
        .map((shape) => ({ pipelineName, schemaName, shape }));
    });
  }

  /** What is pending now: the trace of a run has only what was pending at its end. */
  const readPending = (workspaceId: string, pipelineName: string) =>
    store.pendingPackages.list(
      workspaceId,
      { pipelineName, jobRunId: null, onlyPending: true },
      maxPendingPackages,
    );

  return {
    /** @throws ServiceError not_found for a pipeline without reports */
    async getPipeline(workspaceId: string, pipelineName: string): Promise<PipelineOverview> {
      const [{ news, records, jobs }, schemas] = await Promise.all([
        readNews(workspaceId, inAllDatasets([pipelineName])),
        store.schemaVersions.listLatest(workspaceId, pipelineName),
      ]);
      const [own] = news;
      if (!own || (jobs.length === 0 && schemas.length === 0))
        throw new ServiceError('not_found', `There is no pipeline ${pipelineName}.`);
      const until = records[0]?.lastSuccess?.createdAt ?? new Date(0);
      const known = schemas.map(({ schemaName }) => ({ pipelineName, schemaName }));
      const [tables, usual, pendingPackages] = await Promise.all([
        readTables(workspaceId, known, { records, datasetName: null, runs: usualRunCount }),
        store.pipelineOverviews.usualRun(workspaceId, pipelineName, { until, limit: usualRunCount }),
        readPending(workspaceId, pipelineName),
      ]);
      return {
        ...own,
        ...tables,
        runsLookedAt: usual.runCount,
        jobs,
        usual,
        schemaNames: schemas.map(({ schemaName }) => schemaName),
        pendingPackages,
      };
    },

    /**
     * Reads a dataset, from the first 50 pipelines that wrote to it.
     * @throws ServiceError not_found for a dataset that none wrote to
     */
    async getDataset(workspaceId: string, datasetName: string): Promise<DatasetOverview> {
      const names = await store.pipelineOverviews.listWriters(workspaceId, datasetName, maxWriters);
      const pairs = names.map((pipelineName) => ({ pipelineName, datasetName }));
      const { news, records } = await readNews(workspaceId, pairs);
      const [worst] = sortWorstFirst(news);
      if (!worst) throw new ServiceError('not_found', `There is no dataset ${datasetName}.`);
      const schemas = await store.telemetry.listDatasetSchemas(workspaceId, datasetName, maxSchemasRead);
      const tables = await readTables(workspaceId, schemas, { records, datasetName, runs: runsOfWriter });
      const runs = news.flatMap(({ lastRun }) => lastRun ?? []);
      return {
        datasetName,
        pipelines: news,
        lastRun:
          runs.toSorted((left, right) => right.createdAt.getTime() - left.createdAt.getTime())[0] ?? null,
        lastSuccessAt: worst.lastSuccessAt,
        freshness: worst.freshness,
        ...tables,
      };
    },

    /** Lists the failed runs among these, with why their job run failed. */
    listFailures: (workspaceId: string, pipelineRunIds: readonly string[]) =>
      store.pipelineOverviews.listFailures(workspaceId, pipelineRunIds),
  };
}

function keyOf(table: { pipelineName: string; schemaName: string; tableName: string }): string {
  return JSON.stringify([table.pipelineName, table.schemaName, table.tableName]);
}
