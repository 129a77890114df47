-- compatible
-- A change of a run's state looked for subscriptions in a function of its own, after it had composed the event. That took a fifth of the
-- time that Postgres needs for a run, also without any subscription. The trigger now looks first, with a plan that the session keeps.

create or replace function note_run_event() returns trigger language plpgsql as $$
begin
  if not exists (select from event_subscriptions where workspace_id = new.workspace_id and disabled_at is null) then
    return null;
  end if;
  insert into events (workspace_id, type, subject, snapshot)
  values (
    new.workspace_id,
    'pumphouse.job_run.' || case new.status
      when 'pending' then case tg_op when 'INSERT' then 'queued' else 'retrying' end
      when 'running' then 'started'
      when 'completed' then 'succeeded'
      else new.status end,
    'job-runs/' || new.id,
    jsonb_build_object('jobRunId', new.id, 'status', new.status, 'startedAt', new.started_at, 'finishedAt', new.finished_at,
                       'updatedAt', new.updated_at, 'notBefore', new.not_before));
  perform pg_notify('pumphouse_wake', 'event');
  return null;
end $$;
