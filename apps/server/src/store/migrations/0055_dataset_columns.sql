-- compatible
-- Servers of the previous release leave the columns as they are: the search then lists the columns of an older version, until a newer
-- server stores the next report of that schema. What is null is filled by the loop that also compares schema versions.

alter table dataset_schemas
  -- The columns of the last reported version, without dlt's own: a column has the same index in both lists.
  add column column_tables text[],
  add column column_names text[],
  -- The version that the lists are of; null if they are not filled yet, '' if the schema has no stored version.
  add column columns_version_hash text;

create index dataset_schemas_without_columns on dataset_schemas (workspace_id, dataset_name, pipeline_name, schema_name)
  where columns_version_hash is null;
