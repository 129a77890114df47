import type { RouteResponseInput } from '@pumphouse/contract';
import type { TableLoadRecord, TableVersionRecord } from '../../store/records.ts';
import type { TableOverview, TableWriter } from '../../services/pipelines/read-table.ts';
import { listDestinations, toFreshness, toPipelineJob } from './pipelines-serializers.ts';
import { maximumSchemaColumns, maximumTableChanges, maximumTableWriters } from '@pumphouse/contract';
import { toBringingRun, toColumn } from './schemas-serializers.ts';
import { toInstant } from '../serializers/instants.ts';

type TableResponse = RouteResponseInput<'get_table_overview'>;
type WriterResponse = TableResponse['writers'][number];

/** Of each writer, so that a response has at most as many columns as one of a schema. */
const maxColumns = maximumSchemaColumns / maximumTableWriters;

export function toTableOverview(overview: TableOverview): TableResponse {
  return {
    dataset_name: overview.datasetName,
    table_name: overview.tableName,
    destinations: listDestinations(overview.writers.map(({ news }) => news)),
    freshness: toFreshness(overview),
    writers: overview.writers.map(toWriter),
    are_writers_cut: overview.areWritersCut,
    jobs: overview.jobs.map((job) => ({ ...toPipelineJob(job), pipeline_name: job.pipelineName })),
    loads: overview.loads.map(toLoad),
    loads_run_count: overview.runsSearched,
  };
}

function toWriter(writer: TableWriter): WriterResponse {
  const { schema, shape, columns } = writer;
  return {
    pipeline_name: schema.pipelineName,
    schema_name: schema.schemaName,
    version: schema.version,
    version_hash: schema.versionHash,
    parent: shape.hints.parent ?? null,
    resource: shape.hints.resource ?? null,
    write_disposition: shape.hints.write_disposition ?? null,
    merge_strategy: shape.hints.merge_strategy ?? null,
    table_format: shape.hints.table_format ?? null,
    description: shape.description,
    freshness: toFreshness(writer.news),
    columns: shape.columns.slice(0, maxColumns).map((column) => ({
      ...toColumn(column),
      added: toOrigin(columns.get(column.name)?.added),
      changed: toOrigin(columns.get(column.name)?.changed),
    })),
    are_columns_cut: shape.columns.length > maxColumns,
    versions: writer.versions.map((version) => ({
      ...toVersionOfTable(version),
      base_hash: version.baseHash,
      changes: version.changes.slice(0, maximumTableChanges),
      changes_total: version.changes.length,
    })),
    are_versions_cut: writer.areVersionsCut,
  };
}

function toOrigin(version: TableVersionRecord | null | undefined) {
  return version ? toVersionOfTable(version) : null;
}

function toVersionOfTable(version: TableVersionRecord) {
  return {
    version: version.version,
    version_hash: version.versionHash,
    created_at: toInstant(version.createdAt),
    job_run: toBringingRun(version),
  };
}

function toLoad(load: TableLoadRecord): TableResponse['loads'][number] {
  return {
    pipeline_run_id: load.pipelineRunId,
    pipeline_name: load.pipelineName,
    schema_name: load.schemaName,
    loaded_at: toInstant(load.loadedAt),
    rows_loaded: load.rowsLoaded,
    bytes_loaded: load.bytesLoaded,
    write_disposition: load.writeDisposition,
    job_run: { id: load.jobRunId, job_id: load.runJobId, job_ref: load.jobRef, number: load.runNumber },
  };
}
