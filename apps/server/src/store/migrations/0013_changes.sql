-- compatible

-- What changed in workspaces within the last minutes, for those who follow them: hints to look again, see docs/decisions/0034. Rows are
-- only added, and nothing refers to others: what writes them waits for nobody.
create table changes (
  -- By which readers know what they have not seen: transactions do not commit in the order in which they take numbers.
  transaction_id xid8 not null default pg_current_xact_id(),
  workspace_id uuid not null,
  kind text not null,
  job_id uuid,
  job_run_id uuid
);
create index changes_transaction on changes (transaction_id);

-- Triggers, since many write, servers that do not know the table among them; they run only where what people see has changed.
create function note_job_run_change() returns trigger language plpgsql as $$
begin
  insert into changes (workspace_id, kind, job_id, job_run_id) values (new.workspace_id, 'job-run', new.job_id, new.id);
  return null;
end $$;
create trigger changes_of_new after insert on job_runs for each row execute function note_job_run_change();
-- Not the lease, which is renewed all the time.
create trigger changes_of_changed after update on job_runs for each row
  when ((old.status, old.skip, old.is_queued, old.wait_reason, old.not_before, old.end_intent, old.started_at, old.finished_at)
        is distinct from
        (new.status, new.skip, new.is_queued, new.wait_reason, new.not_before, new.end_intent, new.started_at, new.finished_at))
  execute function note_job_run_change();

create function note_job_change() returns trigger language plpgsql as $$
begin
  insert into changes (workspace_id, kind, job_id) values (new.workspace_id, 'job', new.id);
  return null;
end $$;
create trigger changes_of_new after insert on jobs for each row execute function note_job_change();
-- Not the number of its last run: that is a change of the run.
create trigger changes_of_changed after update on jobs for each row
  when ((old.current_version_id, old.is_archived, old.is_paused, old.deployment_module)
        is distinct from (new.current_version_id, new.is_archived, new.is_paused, new.deployment_module))
  execute function note_job_change();

-- What telemetry brings for a run. Its argument is the kind.
create function note_run_telemetry_change() returns trigger language plpgsql as $$
begin
  insert into changes (workspace_id, kind, job_id, job_run_id)
  values (new.workspace_id, tg_argv[0], (select job_id from job_runs where id = new.job_run_id), new.job_run_id);
  return null;
end $$;
create trigger changes_of_new after insert on pipeline_runs
  for each row execute function note_run_telemetry_change('pipeline-run');
-- Retention touches what was long seen.
create trigger changes_of_changed after update on pipeline_runs for each row
  when (old.trace_removed_at is not distinct from new.trace_removed_at)
  execute function note_run_telemetry_change('pipeline-run');
create trigger changes_of_new after insert on schema_versions
  for each row execute function note_run_telemetry_change('schema');
create trigger changes_of_written after insert or update on job_results
  for each row execute function note_run_telemetry_change('job-run');

-- Anything else of a workspace. Its argument is the kind.
create function note_workspace_change() returns trigger language plpgsql as $$
begin
  insert into changes (workspace_id, kind)
  values (case tg_op when 'DELETE' then old.workspace_id else new.workspace_id end, tg_argv[0]);
  return null;
end $$;
create trigger changes_of_new after insert on deployments
  for each row execute function note_workspace_change('deployment');
create trigger changes_of_new after insert on configurations
  for each row execute function note_workspace_change('configuration');
create trigger changes_of_written after insert or update or delete on variables
  for each row execute function note_workspace_change('variable');
create trigger changes_of_written after insert or update or delete on workspace_memberships
  for each row execute function note_workspace_change('member');
create trigger changes_of_new after insert or delete on webhooks
  for each row execute function note_workspace_change('webhook');
-- Not its last delivery, which comes with a run.
create trigger changes_of_changed after update of token_hash, sealed_signing_secret on webhooks
  for each row execute function note_workspace_change('webhook');

create function note_workspace_itself() returns trigger language plpgsql as $$
begin
  insert into changes (workspace_id, kind) values (new.id, 'workspace');
  return null;
end $$;
create trigger changes_of_changed after update on workspaces for each row
  when ((old.name, old.description, old.archived_at) is distinct from (new.name, new.description, new.archived_at))
  execute function note_workspace_itself();
