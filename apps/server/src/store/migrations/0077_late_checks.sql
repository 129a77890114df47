-- compatible
-- Checks of an attempt that is closed are evaluated again with telemetry that arrived later. Alerts read its results once more then.

create function note_late_checks() returns trigger language plpgsql as $$
begin
  insert into alert_events (workspace_id, kind, subject_id)
  select new.workspace_id, 'attempt-closed', new.attempt_id::text from attempts
   where id = new.attempt_id and closed_at is not null and has_alert_rules(new.workspace_id);
  return null;
end $$;
create trigger alerts_of_checked after update of checks on pipeline_results for each row
  when (old.checks is distinct from new.checks)
  execute function note_late_checks();
