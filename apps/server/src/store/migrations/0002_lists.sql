-- compatible
-- Lists in every order and with every filter without reading the history, see docs/decisions/0010-how-lists-are-read.md.
-- Times of creation and numbers have few twins, so ids stay out of their indexes: they would be half as large again. Other sort values
-- are the same in many rows, or missing, and those rows are in order of their ids.

set local maintenance_work_mem = '256MB';

-- Filters beside a status are the common pair, and the hidden job stands beside all: both are counted from this index alone.
create index job_runs_by_status on job_runs (workspace_id, status, created_at) include (profile, trigger_kind, job_id);
create index job_runs_by_profile on job_runs (workspace_id, profile, created_at);
create index job_runs_by_trigger on job_runs (workspace_id, trigger, created_at);
create index job_runs_by_trigger_kind on job_runs (workspace_id, trigger_kind, created_at);
create index job_runs_by_triggered_by on job_runs (workspace_id, triggered_by, created_at)
  where triggered_by is not null;
create index job_runs_by_number on job_runs (workspace_id, number);
create index job_runs_by_start on job_runs (workspace_id, started_at, id);
create index job_runs_by_end on job_runs (workspace_id, finished_at, id);
create index job_runs_by_duration on job_runs (workspace_id, (extract(epoch from finished_at - started_at)), id);

-- Those by pipeline and by dataset hold more, for statistics: see 0004.
create index pipeline_runs_by_destination on pipeline_runs (workspace_id, destination_name, created_at);
create index pipeline_runs_by_status on pipeline_runs (workspace_id, status, created_at);
create index pipeline_runs_empty on pipeline_runs (workspace_id, created_at) where is_empty_run;
create index pipeline_runs_by_start on pipeline_runs (workspace_id, started_at, id);
create index pipeline_runs_by_end on pipeline_runs (workspace_id, finished_at, id);
create index pipeline_runs_by_duration on pipeline_runs (workspace_id, duration_ms, id);
create index pipeline_runs_by_rows on pipeline_runs (workspace_id, total_rows_loaded, id);
create index pipeline_runs_by_bytes on pipeline_runs (workspace_id, total_bytes_loaded, id);

-- What is searched and filtered by in a definition, so that no list has to parse the definitions of all jobs.
alter table job_versions
  add column display_name text generated always as (definition->'expose'->>'display_name') stored,
  add column category text generated always as (definition->'expose'->>'category') stored;

-- Which pipelines each job has run and what they wrote to: few rows for a long history, which a search by name begins with.
create table job_pipelines (
  workspace_id uuid not null references workspaces,
  job_id uuid not null references jobs,
  pipeline_name text not null,
  -- '' where a pipeline named none.
  dataset_name text not null,
  primary key (workspace_id, job_id, pipeline_name, dataset_name)
);
insert into job_pipelines
  select distinct pipeline_runs.workspace_id, job_runs.job_id, pipeline_runs.pipeline_name, coalesce(pipeline_runs.dataset_name, '')
    from pipeline_runs join job_runs on job_runs.id = pipeline_runs.job_run_id;

-- A trigger, since servers that do not know the table write pipeline runs too while an installation is brought forward.
create function note_job_pipelines() returns trigger language plpgsql as $$
begin
  insert into job_pipelines
    select distinct written.workspace_id, job_runs.job_id, written.pipeline_name, coalesce(written.dataset_name, '')
      from written join job_runs on job_runs.id = written.job_run_id
  on conflict do nothing;
  return null;
end $$;
create trigger job_pipelines_of_new after insert on pipeline_runs
  referencing new table as written for each statement execute function note_job_pipelines();
create trigger job_pipelines_of_changed after update on pipeline_runs
  referencing new table as written for each statement execute function note_job_pipelines();

analyze job_runs;
analyze pipeline_runs;
analyze job_versions;
analyze job_pipelines;
