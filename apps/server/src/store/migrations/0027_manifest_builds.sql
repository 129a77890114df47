-- compatible
-- A server of the release before this one never creates such runs. It shows those of newer servers in lists, and its bootstrap
-- does not know their launcher: a build that it claims fails, and the client asks for another one.

-- The run is not of a deployed job: the server created it for itself, and statistics leave it out.
alter table job_runs add column is_internal boolean not null default false;

-- Runs that import the code of a deployment to list its job definitions.
create table manifest_builds (
  job_run_id uuid primary key references job_runs on delete cascade,
  deployment_id uuid not null references deployments,
  -- Its configuration, which code can read while it is imported.
  configuration_id uuid not null references configurations,
  module text not null,
  use_all boolean not null,
  created_at timestamptz(3) not null default now()
);
create index manifest_builds_deployment on manifest_builds (deployment_id, created_at desc);
create index manifest_builds_configuration on manifest_builds (configuration_id);

create or replace function count_changed_run() returns trigger language plpgsql as $$
begin
  if new.is_internal then
    return null;
  end if;
  perform count_run(old.workspace_id, old.created_at, old.status, -1);
  perform count_run(new.workspace_id, new.created_at, new.status, 1);
  return null;
end $$;

create or replace function count_many_runs() returns trigger language plpgsql as $$
begin
  insert into job_run_quarters as kept
  select workspace_id, quarter_of(created_at), sum(sign * (status = 'completed')::int), sum(sign * (status = 'failed')::int),
         sum(sign * (status = 'cancelled')::int), sum(sign * (status = 'skipped')::int)
    from changed cross join (select case tg_op when 'INSERT' then 1 else -1 end as sign) as direction
   where status in ('completed', 'failed', 'cancelled', 'skipped') and not is_internal
   group by 1, 2 order by 1, 2
  on conflict (workspace_id, starts_at) do update set
         completed_count = kept.completed_count + excluded.completed_count,
         failed_count = kept.failed_count + excluded.failed_count,
         cancelled_count = kept.cancelled_count + excluded.cancelled_count,
         skipped_count = kept.skipped_count + excluded.skipped_count;
  if tg_op = 'DELETE' then
    -- These rows are this transaction's: it changed them above.
    delete from job_run_quarters as kept
     using (select distinct workspace_id, quarter_of(created_at) as starts_at from changed) as gone
     where kept.workspace_id = gone.workspace_id and kept.starts_at = gone.starts_at
       and (kept.completed_count, kept.failed_count, kept.cancelled_count, kept.skipped_count) = (0, 0, 0, 0);
  end if;
  return null;
end $$;
