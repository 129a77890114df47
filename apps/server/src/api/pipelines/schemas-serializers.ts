import type { PipelineSchema, SchemaVersion } from '../../services/pipelines/read-schemas.ts';
import type { RouteResponseInput, SchemaVersionChangesResponse } from '@pumphouse/contract';
import type { SchemaColumnShape, SchemaEdge, SchemaTableShape } from '../../domain/pipelines/schema-shape.ts';
import type { SchemaChangesRecord } from '../../store/records.ts';
import { listEdges } from '../../domain/pipelines/schema-shape.ts';
import { maximumSchemaColumns, maximumSchemaTables } from '@pumphouse/contract';
import { toInstant } from '../serializers/instants.ts';

type VersionResponse = RouteResponseInput<'get_schema_version'>;

/** Maximum edges of a schema's graph in one response. */
const maximumReferences = 5000;

export function toSchemaChanges(record: SchemaChangesRecord): SchemaVersionChangesResponse {
  return { ...toVersionHead(record), changes: record.changes, changes_total: record.changeCount };
}

export function toPipelineSchema(schema: PipelineSchema) {
  return {
    schema_name: schema.schemaName,
    version_count: schema.versionCount,
    last_seen_at: toInstant(schema.lastSeenAt),
    latest: toSchemaChanges(schema.latest),
  };
}

export function toSchemaVersion({ stored, changes, isLatest, shape }: SchemaVersion): VersionResponse {
  const { tables, isCut } = cutTables(shape.tables);
  const edges = listEdges({ tables });
  return {
    ...toVersionHead(changes),
    destination_name: stored.destinationName,
    last_seen_at: toInstant(stored.lastSeenAt),
    is_latest: isLatest,
    tables: tables.map(toTable),
    references: edges.slice(0, maximumReferences).map(toReference),
    is_cut: isCut || edges.length > maximumReferences,
  };
}

function toVersionHead(record: SchemaChangesRecord) {
  return {
    pipeline_name: record.pipelineName,
    schema_name: record.schemaName,
    dataset_name: record.datasetName,
    version: record.version,
    version_hash: record.versionHash,
    base_hash: record.baseHash,
    table_count: record.tableCount,
    column_count: record.columnCount,
    created_at: toInstant(record.createdAt),
    job_run: toBringingRun(record),
    counts: record.counts,
  };
}

/** The run that reported a version first; null once it is removed. */
export function toBringingRun({
  jobRunId,
  runJobId,
  jobRef,
  runNumber,
}: Pick<SchemaChangesRecord, 'jobRunId' | 'runJobId' | 'jobRef' | 'runNumber'>) {
  if (jobRunId === null || runJobId === null || jobRef === null || runNumber === null) return null;
  return { id: jobRunId, job_id: runJobId, job_ref: jobRef, number: runNumber };
}

/** As many whole tables as fit the column limit of a response; the first table may itself be truncated. */
function cutTables(all: readonly SchemaTableShape[]): { tables: SchemaTableShape[]; isCut: boolean } {
  const tables: SchemaTableShape[] = [];
  let columnsLeft = maximumSchemaColumns;
  for (const table of all.slice(0, maximumSchemaTables)) {
    if (columnsLeft <= 0) break;
    const columns = table.columns.slice(0, columnsLeft);
    tables.push({ ...table, columns });
    columnsLeft -= table.columns.length;
  }
  return { tables, isCut: tables.length < all.length || columnsLeft < 0 };
}

function toTable(table: SchemaTableShape): VersionResponse['tables'][number] {
  return {
    name: table.name,
    parent: table.hints.parent ?? null,
    resource: table.hints.resource ?? null,
    write_disposition: table.hints.write_disposition ?? null,
    merge_strategy: table.hints.merge_strategy ?? null,
    description: table.description,
    columns: table.columns.map(toColumn),
  };
}

export function toColumn({
  hints,
  ...column
}: SchemaColumnShape): VersionResponse['tables'][number]['columns'][number] {
  return {
    name: column.name,
    data_type: column.dataType,
    precision: column.precision,
    scale: column.scale,
    nullable: column.isNullable,
    primary_key: hints.primary_key !== undefined,
    merge_key: hints.merge_key !== undefined,
    unique: hints.unique !== undefined,
    partition: hints.partition !== undefined,
    cluster: hints.cluster !== undefined,
    sort: hints.sort !== undefined,
    incremental: hints.incremental !== undefined,
    is_variant: column.variantOf !== null,
    variant_of: column.variantOf,
    is_dlt: column.isDlt,
    description: column.description,
  };
}

function toReference(edge: SchemaEdge): VersionResponse['references'][number] {
  return {
    kind: edge.kind,
    table: edge.table,
    columns: edge.columns,
    referenced_table: edge.referencedTable,
    referenced_columns: edge.referencedColumns,
    label: edge.label,
    cardinality: edge.cardinality,
  };
}
