import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

/** Maximum changes of one version shown in a list; the difference of the two versions has the rest. */
export const maximumListedSchemaChanges = 50;

/** Maximum tables of one version in one response. */
export const maximumSchemaTables = 1000;

/** Maximum columns of one version in one response. */
export const maximumSchemaColumns = 20_000;

/** Maximum changes of one difference in one response. */
export const maximumComparedSchemaChanges = 5000;

/**
 * The kind of a change. `type_conflict` is a column that dlt added for values that the column in `before`
 * cannot hold; `hint_changed` names the hint.
 */
export const schemaChangeKind = namedEnum('SchemaChangeKind', [
  'schema_created',
  'table_added',
  'table_removed',
  'table_hint_changed',
  'column_added',
  'column_removed',
  'type_conflict',
  'data_type_changed',
  'nullable_changed',
  'hint_changed',
]);
export type SchemaChangeKind = z.output<typeof schemaChangeKind>;

/** One change, as display text: data types of columns (`decimal(38,9)`), values of hints. */
export const schemaChange = responseObject('SchemaChange', {
  kind: openEnum(schemaChangeKind),
  /** Null for `schema_created`. */
  table: z.string().nullable(),
  column: z.string().nullable(),
  /** `primary_key`, `write_disposition`, `references`; null if it is not a hint. */
  hint: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type SchemaChange = z.output<typeof schemaChange>;

/** Columns of added or removed tables are not counted individually. */
export const schemaChangeCounts = responseObject('SchemaChangeCounts', {
  tables_added: z.int(),
  tables_removed: z.int(),
  columns_added: z.int(),
  columns_removed: z.int(),
  /** Changed types, nullability and hints, including hints of tables. */
  columns_changed: z.int(),
  /** Added columns for values that an older column cannot hold. */
  type_conflicts: z.int(),
});
export type SchemaChangeCounts = z.output<typeof schemaChangeCounts>;

/** The run that first reported a version. */
export const bringingRun = responseObject('SchemaBringingRun', {
  id: uuid,
  job_id: uuid,
  job_ref: z.string(),
  number: z.int(),
});

const schemaVersionHead = {
  pipeline_name: z.string(),
  schema_name: z.string(),
  dataset_name: z.string().nullable(),
  version: z.int().nullable(),
  version_hash: z.string(),
  /** The previous version; null for the first known one. */
  base_hash: z.string().nullable(),
  /** Tables and columns of this version, without dlt's own. */
  table_count: z.int(),
  column_count: z.int(),
  created_at: timestamp,
  /** The run that reported it first; null once that run is removed. */
  job_run: bringingRun.nullable(),
  counts: schemaChangeCounts,
};

/** A new version of a schema, and what it changed. A first version has one change, `schema_created`. */
export const schemaVersionChangesResponse = responseObject('SchemaVersionChangesResponse', {
  ...schemaVersionHead,
  /** Most important first: type conflicts, tables, columns, types, nullability, hints. */
  changes: z.array(schemaChange),
  changes_total: z.int(),
});
export type SchemaVersionChangesResponse = z.output<typeof schemaVersionChangesResponse>;

/** The schemas of one pipeline, each with its last reported version. */
export const pipelineSchemasResponse = responseObject('PipelineSchemasResponse', {
  pipeline_name: z.string(),
  schemas: z.array(
    responseObject('PipelineSchema', {
      schema_name: z.string(),
      version_count: z.int(),
      last_seen_at: timestamp,
      latest: schemaVersionChangesResponse,
    }),
  ),
});
export type PipelineSchemasResponse = z.output<typeof pipelineSchemasResponse>;

export const schemaColumn = responseObject('SchemaColumn', {
  name: z.string(),
  data_type: z.string(),
  precision: z.int().nullable(),
  scale: z.int().nullable(),
  nullable: z.boolean(),
  primary_key: z.boolean(),
  merge_key: z.boolean(),
  unique: z.boolean(),
  partition: z.boolean(),
  cluster: z.boolean(),
  sort: z.boolean(),
  /** Its cursor determines where the next run continues. */
  incremental: z.boolean(),
  /** Holds values that another column of the table, `variant_of`, cannot hold. */
  is_variant: z.boolean(),
  variant_of: z.string().nullable(),
  /** One of dlt's own, such as `_dlt_load_id`. */
  is_dlt: z.boolean(),
  description: z.string().nullable(),
});

const schemaTable = responseObject('SchemaTable', {
  name: z.string(),
  /** The parent of a nested table. */
  parent: z.string().nullable(),
  resource: z.string().nullable(),
  /** A nested table has the one of its parent. */
  write_disposition: z.string().nullable(),
  merge_strategy: z.string().nullable(),
  description: z.string().nullable(),
  columns: z.array(schemaColumn),
});

/** An edge of a schema's graph: `columns` of `table` refer to a row of `referenced_table`. */
const schemaReference = responseObject('SchemaReference', {
  kind: openEnum(namedEnum('SchemaReferenceKind', ['parent', 'root', 'reference'])),
  table: z.string(),
  columns: z.array(z.string()),
  referenced_table: z.string(),
  referenced_columns: z.array(z.string()),
  label: z.string().nullable(),
  cardinality: z.string().nullable(),
});

export const schemaVersionResponse = responseObject('SchemaVersionResponse', {
  ...schemaVersionHead,
  destination_name: z.string().nullable(),
  last_seen_at: timestamp,
  is_latest: z.boolean(),
  tables: z.array(schemaTable),
  references: z.array(schemaReference),
  /** Whether the schema has more tables, columns or references than shown here. */
  is_cut: z.boolean(),
});
export type SchemaVersionResponse = z.output<typeof schemaVersionResponse>;

/** All changes from one version to another. */
export const schemaDifferenceResponse = responseObject('SchemaDifferenceResponse', {
  pipeline_name: z.string(),
  schema_name: z.string(),
  version_hash: z.string(),
  base_hash: z.string().nullable(),
  counts: schemaChangeCounts,
  changes: z.array(schemaChange),
  changes_total: z.int(),
});
export type SchemaDifferenceResponse = z.output<typeof schemaDifferenceResponse>;
