-- compatible
-- A server of the previous release starts no windows and shows the runs of newer servers like any others. If it ends such a run, it moves
-- the end of the completed interval of the job to the end of the window, and an interval of its own start may include open windows.

-- What completed runs of a job have covered. A refresh discards it, as it discards the completed interval of the job.
create table job_coverage (
  job_id uuid primary key references jobs,
  completed tstzmultirange not null default '{}',
  -- Time whose last run failed; a later completion takes it out again.
  failed tstzmultirange not null default '{}',
  -- Time that a user invalidated and no run has completed since.
  invalidated tstzmultirange not null default '{}'
);
insert into job_coverage (job_id, completed)
select job_id, range_agg(tstzrange(interval_start, interval_end))
  from job_runs join jobs on jobs.id = job_runs.job_id
 where job_runs.status = 'completed' and interval_end > interval_start and interval_end <= jobs.completed_interval_end
 group by job_id;

create table backfills (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  job_id uuid not null references jobs,
  created_by uuid,
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  mode text not null,
  -- Ticks of the schedule in a window.
  chunk_ticks integer not null,
  parallel integer not null,
  newest_first boolean not null,
  -- Null: the profile of the job.
  profile text,
  priority integer not null,
  -- Failed windows after which the backfill pauses; null: it never does.
  max_failures integer,
  -- The schedule, time zone and declared interval from which the windows were computed, as JSON text.
  clock text not null,
  status text not null default 'running'
    check (status in ('running', 'paused', 'cancelling', 'completed', 'failed', 'cancelled')),
  -- Why it is paused; 'user' if a user paused it.
  pause_reason text,
  -- Why it starts no window at the moment.
  wait_reason text,
  window_count integer not null,
  -- Failed windows that a user has seen by resuming: only later ones count towards `max_failures`.
  ignored_failures integer not null default 0,
  -- Windows by state, once it has ended: until then they are counted.
  final_counts jsonb,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  ended_at timestamptz(3)
);
create index backfills_newest on backfills (workspace_id, created_at desc, id);
create index backfills_of_job on backfills (job_id, created_at desc, id);
create index backfills_live on backfills (id) where status in ('running', 'cancelling');

create table backfill_windows (
  backfill_id uuid not null references backfills on delete cascade,
  -- From 1, in the order in which they start.
  number integer not null,
  job_id uuid not null references jobs,
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  status text not null default 'waiting'
    check (status in ('waiting', 'running', 'completed', 'covered', 'failed', 'cancelled')),
  -- How often it was retried by a user.
  round integer not null default 0,
  -- Its last run, or the run that covered it.
  job_run_id uuid references job_runs on delete set null,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (backfill_id, number)
);
create index backfill_windows_by_status on backfill_windows (backfill_id, status, number);
create index backfill_windows_open on backfill_windows (job_id, starts_at) where status in ('waiting', 'running');
create index backfill_windows_of_run on backfill_windows (job_run_id) where job_run_id is not null;

alter table job_runs
  -- The backfill that the run belongs to; null: none.
  add column backfill_id uuid,
  add column backfill_window integer,
  add column backfill_round integer;
-- A window starts once in each round, whatever servers believe.
create unique index job_runs_one_per_window on job_runs (backfill_id, backfill_window, backfill_round)
  where backfill_id is not null;
create index job_runs_of_backfill on job_runs (backfill_id, created_at desc, id) where backfill_id is not null;

-- The end of a run is the end of its window, in one transaction, whatever server ends it. Time that a run completes needs no window any more.
create function end_backfill_windows() returns trigger language plpgsql as $$
begin
  if new.backfill_id is not null then
    update backfill_windows set status = new.status, started_at = new.started_at, finished_at = new.finished_at
     where backfill_id = new.backfill_id and number = new.backfill_window and job_run_id = new.id and status = 'running';
  end if;
  if new.status = 'completed' and new.interval_end > new.interval_start then
    update backfill_windows set status = 'covered', job_run_id = new.id, started_at = new.started_at, finished_at = new.finished_at
     where job_id = new.job_id and status = 'waiting' and starts_at >= new.interval_start and ends_at <= new.interval_end;
  end if;
  return null;
end $$;
create trigger end_backfill_windows after update on job_runs for each row
  when (old.status <> new.status and new.status in ('completed', 'failed', 'cancelled')
        and (new.backfill_id is not null or new.interval_end > new.interval_start))
  execute function end_backfill_windows();

-- Older servers write only the completed interval of a job.
create function note_job_coverage() returns trigger language plpgsql as $$
begin
  if new.last_completed_at is null then
    update job_coverage set completed = '{}', failed = '{}', invalidated = '{}' where job_id = new.id;
  elsif new.completed_interval_end > old.completed_interval_end then
    insert into job_coverage as kept (job_id, completed)
    values (new.id, tstzmultirange(tstzrange(old.completed_interval_end, new.completed_interval_end)))
    on conflict (job_id) do update set completed = kept.completed + excluded.completed
     where not kept.completed @> excluded.completed;
  end if;
  return null;
end $$;
create trigger note_job_coverage after update on jobs for each row
  when ((old.last_completed_at is not null and new.last_completed_at is null)
        or new.completed_interval_end > old.completed_interval_end)
  execute function note_job_coverage();

create function note_backfill_change() returns trigger language plpgsql as $$
begin
  insert into changes (workspace_id, kind, job_id) values (new.workspace_id, 'backfill', new.job_id);
  return null;
end $$;
create trigger changes_of_written after insert or update on backfills
  for each row execute function note_backfill_change();
