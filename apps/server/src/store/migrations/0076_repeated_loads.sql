-- compatible
-- Servers of the release before this one ignore what bootstraps tell, and skip the new events.

-- Tables to which a run loaded a job of a package again, because the run before may have loaded it already.
create table repeated_loads (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  job_run_id uuid not null references job_runs on delete cascade,
  pipeline_name text not null,
  schema_name text not null,
  table_name text not null,
  load_id text not null,
  -- Whether the table has rows of the load twice; `unknown`: it may.
  status text not null check (status in ('twice', 'once', 'unknown')),
  -- The rows that are there twice.
  rows bigint,
  -- SQL that removes them.
  statement text,
  -- False until the job is loaded again. It stays so if that run dies as well.
  is_examined boolean not null,
  created_at timestamptz(3) not null default now(),
  unique (job_run_id, pipeline_name, schema_name, table_name, load_id)
);

create function note_repeated_load_event() returns trigger language plpgsql as $$
begin
  perform add_event(new.workspace_id, 'pumphouse.load.repeated', 'job-runs/' || new.job_run_id,
                    jsonb_build_object('repeatedLoadId', new.id));
  return null;
end $$;
create trigger events_of_new after insert on repeated_loads for each row
  when (new.is_examined and new.status <> 'once') execute function note_repeated_load_event();
create trigger events_of_changed after update on repeated_loads for each row
  when (new.is_examined and new.status <> 'once' and (old.is_examined, old.status) is distinct from (new.is_examined, new.status))
  execute function note_repeated_load_event();
create trigger changes_of_written after insert or update on repeated_loads for each row
  execute function note_run_telemetry_change('pipeline-run');
