-- compatible
-- What each version of a schema changed, so that a list of changes reads no documents of schemas.

create table schema_changes (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references workspaces,
  pipeline_name text not null,
  schema_name text not null,
  version_hash text not null,
  version integer,
  -- The version before; null for the first one known.
  base_hash text,
  dataset_name text,
  -- The run that brought it. By itself when the run goes: servers that do not know the table remove runs too.
  job_run_id uuid references job_runs on delete set null,
  job_id uuid references jobs,
  table_count integer not null,
  column_count integer not null,
  tables_added integer not null,
  tables_removed integer not null,
  columns_added integer not null,
  columns_removed integer not null,
  columns_changed integer not null,
  type_conflicts integer not null,
  change_count integer not null,
  -- The first ones; all of them come of the documents of the two versions.
  changes json not null,
  -- For each table when it last changed.
  changed_tables text[] not null,
  -- When the version came.
  created_at timestamptz(3) not null,
  foreign key (workspace_id, pipeline_name, schema_name, version_hash) references schema_versions
);
create unique index schema_changes_version on schema_changes (workspace_id, pipeline_name, schema_name, version_hash);
create index schema_changes_newest on schema_changes (workspace_id, created_at, id);
create index schema_changes_by_pipeline on schema_changes (workspace_id, pipeline_name, created_at, id);
create index schema_changes_by_dataset on schema_changes (workspace_id, dataset_name, created_at, id);
create index schema_changes_by_job on schema_changes (workspace_id, job_id, created_at, id);
create index schema_changes_by_run on schema_changes (job_run_id) where job_run_id is not null;

-- Versions that are there, and those that older servers store, are compared by a loop; nothing waits for it.
alter table schema_versions add column is_compared boolean not null default false;
create index schema_versions_to_compare on schema_versions (created_at) where not is_compared;
-- The version that holds of each schema.
create index schema_versions_latest on schema_versions (workspace_id, pipeline_name, schema_name, last_seen_at);
