-- compatible
-- The trigger sums what servers of the previous release ingest. They evaluate checks of single calls, which nothing reads, and skip the
-- new events.

-- What one attempt did with a pipeline, however often it called `run()`: the unit of checks, alerts and baselines.
create table pipeline_results (
  attempt_id uuid not null references attempts on delete cascade,
  pipeline_name text not null,
  workspace_id uuid not null references workspaces,
  job_run_id uuid not null references job_runs on delete cascade,
  -- 0: a check expects the pipeline, and the attempt did not report it.
  call_count integer not null default 0,
  -- Of the last call. Null without one.
  status text,
  -- Null if the calls name none, or several.
  dataset_name text,
  rows_loaded bigint not null default 0,
  bytes_loaded bigint not null default 0,
  -- Null if no call has one.
  duration_ms double precision,
  -- As pipeline_runs.checks was for a single call, with "isUnseen" of results. Null: nothing was evaluated.
  checks jsonb,
  -- The worst status of `checks`: failed, unknown or passed.
  check_status text,
  -- When the last call was recorded.
  created_at timestamptz(3) not null default now(),
  primary key (attempt_id, pipeline_name)
);
create index pipeline_results_of_pipeline on pipeline_results (workspace_id, pipeline_name, created_at);
create index pipeline_results_job_run on pipeline_results (job_run_id);

create function sum_pipeline_result() returns trigger language plpgsql as $$
declare
  closed timestamptz;
begin
  -- Calls of an attempt are summed one after the other, and before or after it is closed.
  select closed_at into closed from attempts where id = new.attempt_id for no key update;
  insert into pipeline_results as kept (attempt_id, pipeline_name, workspace_id, job_run_id, call_count, status, dataset_name, rows_loaded,
                                        bytes_loaded, duration_ms, created_at)
  select new.attempt_id, new.pipeline_name, new.workspace_id, new.job_run_id, count(*),
         (array_agg(status order by created_at desc, finished_at desc nulls last, id desc))[1],
         case when count(distinct dataset_name) = 1 then min(dataset_name) end,
         -- The largest integer that readers of JSON hold.
         least(sum(total_rows_loaded), 9007199254740991), least(sum(total_bytes_loaded), 9007199254740991), sum(duration_ms),
         max(created_at)
    from pipeline_runs where attempt_id = new.attempt_id and pipeline_name = new.pipeline_name
  on conflict (attempt_id, pipeline_name) do update set
         call_count = excluded.call_count, status = excluded.status, dataset_name = excluded.dataset_name,
         rows_loaded = excluded.rows_loaded, bytes_loaded = excluded.bytes_loaded, duration_ms = excluded.duration_ms,
         created_at = excluded.created_at;
  if closed is not null and has_alert_rules(new.workspace_id) then
    insert into alert_events (workspace_id, kind, subject_id) values (new.workspace_id, 'attempt-closed', new.attempt_id::text);
  end if;
  return null;
end $$;
create trigger results_of_new after insert on pipeline_runs for each row execute function sum_pipeline_result();
create trigger results_of_changed after update on pipeline_runs for each row
  when ((old.status, old.dataset_name, old.total_rows_loaded, old.total_bytes_loaded, old.duration_ms)
        is distinct from (new.status, new.dataset_name, new.total_rows_loaded, new.total_bytes_loaded, new.duration_ms))
  execute function sum_pipeline_result();

-- Alerts read the results of an attempt when it has ended, not each call.
drop trigger alerts_of_new on pipeline_runs;
create function note_closed_attempt() returns trigger language plpgsql as $$
begin
  insert into alert_events (workspace_id, kind, subject_id)
  select distinct workspace_id, 'attempt-closed', new.id::text from pipeline_results
   where attempt_id = new.id and has_alert_rules(workspace_id);
  return null;
end $$;
create trigger alerts_of_closed after update of closed_at on attempts for each row
  when (old.closed_at is null and new.closed_at is not null)
  execute function note_closed_attempt();

create trigger changes_of_checked after update on pipeline_results for each row
  when (old.checks is distinct from new.checks)
  execute function note_run_telemetry_change('pipeline-run');
