-- compatible

-- Runs that wait until there is room for them, and what limits it.
alter table job_runs
  -- Of a pending run: it waits for room, and nobody may claim it.
  add column is_queued boolean not null default false,
  -- Of runs that wait, those with the highest number go first.
  add column priority integer not null default 0,
  -- Started whatever its upstreams are; a run that waits is decided on again.
  add column skip_freshness boolean not null default false,
  -- A run that has not begun by then fails.
  add column start_by timestamptz(3);
-- What a run waits for, in words; of one that waited in vain, why it was called off.
alter table job_runs add column if not exists wait_reason text;

drop index job_runs_claimable;
create index job_runs_claimable on job_runs (priority desc, created_at, id) where status = 'pending' and not is_queued;
create index job_runs_queued on job_runs (job_id, priority desc, created_at, id) where status = 'pending' and is_queued;
create index job_runs_start_by on job_runs (start_by) where status = 'pending' and start_by is not null;
-- What runs at this moment, by organization.
create index job_runs_active_workspace on job_runs (workspace_id) include (started_at)
  where status in ('pending', 'starting', 'running', 'cancelling') and not is_queued;

-- Null: no limit.
alter table organizations
  add column concurrent_runs integer check (concurrent_runs >= 0),
  add column minutes_a_month integer check (minutes_a_month >= 0);

-- What the runs of a job that ended on a day (UTC) add up to. It outlives the runs, which retention removes.
create table usage_days (
  job_id uuid not null references jobs,
  workspace_id uuid not null references workspaces,
  day date not null,
  completed_count bigint not null,
  failed_count bigint not null,
  cancelled_count bigint not null,
  run_ms bigint not null,
  primary key (job_id, day)
) with (fillfactor = 70);
create index usage_days_workspace on usage_days (workspace_id, day);

insert into usage_days
select job_id, workspace_id, (finished_at at time zone 'UTC')::date as day,
       count(*) filter (where status = 'completed'), count(*) filter (where status = 'failed'),
       count(*) filter (where status = 'cancelled'),
       coalesce(sum(greatest(round(extract(epoch from finished_at - started_at) * 1000), 0)), 0)::bigint
  from job_runs where status in ('completed', 'failed', 'cancelled') and finished_at is not null
 group by job_id, workspace_id, day;
