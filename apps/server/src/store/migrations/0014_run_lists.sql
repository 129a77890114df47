-- compatible
-- What lists of runs and of jobs show: why runs failed, since when jobs fail, and how many runs there were over time.

-- What its code left that tells why an attempt, or a run, failed. Null where the code of `failure` says all that is known.
alter table attempts add column reason jsonb;
alter table job_runs add column reason jsonb;

-- Counted when a report is stored, so that no list has to parse its facts. Null for what older servers stored.
alter table pipeline_runs add column table_count integer;

-- The runs that failed since a job last completed: how many, and the first of them. No reference: retention may remove that run.
alter table jobs
  add column failure_count integer not null default 0,
  add column failing_since_run_id uuid,
  add column failing_since_number integer,
  add column failing_since_at timestamptz(3);
create index jobs_failing on jobs (workspace_id) where failure_count > 0;

update jobs set failure_count = failures.count, failing_since_run_id = failures.ids[1],
                failing_since_number = failures.numbers[1], failing_since_at = failures.first_at
  from (select failed.job_id, count(*) as count, min(failed.finished_at) as first_at,
               (array_agg(failed.id order by failed.finished_at, failed.id)) as ids,
               (array_agg(failed.number order by failed.finished_at, failed.id)) as numbers
          from job_runs as failed
          left join (select job_id, max(finished_at) as last_at from job_runs where status = 'completed' group by job_id) as completed
            on completed.job_id = failed.job_id
         where failed.status = 'failed' and (completed.last_at is null or failed.finished_at > completed.last_at)
         group by failed.job_id) as failures
 where failures.job_id = jobs.id;

-- Runs by what became of them, in each quarter of an hour in which they were made: hours and days of every time zone begin with one.
-- A scan of job_runs gives the same sums at any time; those that have not ended are not in it.
create table job_run_quarters (
  workspace_id uuid not null references workspaces,
  starts_at timestamptz not null,
  completed_count bigint not null,
  failed_count bigint not null,
  cancelled_count bigint not null,
  skipped_count bigint not null,
  primary key (workspace_id, starts_at)
) with (fillfactor = 70);

create function quarter_of(at timestamptz) returns timestamptz
  language sql immutable parallel safe
  return date_bin('15 minutes', at, timestamptz '2000-01-01 00:00:00+00');

-- Adds one run, or takes it back.
create function count_run(workspace_id uuid, created_at timestamptz, status text, sign integer) returns void
  language sql
begin atomic
  insert into job_run_quarters as kept
  select count_run.workspace_id, quarter_of(count_run.created_at), sign * (count_run.status = 'completed')::int,
         sign * (count_run.status = 'failed')::int, sign * (count_run.status = 'cancelled')::int,
         sign * (count_run.status = 'skipped')::int
   where count_run.status in ('completed', 'failed', 'cancelled', 'skipped')
  on conflict on constraint job_run_quarters_pkey do update set
         completed_count = kept.completed_count + excluded.completed_count,
         failed_count = kept.failed_count + excluded.failed_count,
         cancelled_count = kept.cancelled_count + excluded.cancelled_count,
         skipped_count = kept.skipped_count + excluded.skipped_count;
end;

create function count_changed_run() returns trigger language plpgsql as $$
begin
  perform count_run(old.workspace_id, old.created_at, old.status, -1);
  perform count_run(new.workspace_id, new.created_at, new.status, 1);
  return null;
end $$;

-- Many at once: taken in one order, so that two statements wait for each other and never deadlock.
create function count_many_runs() returns trigger language plpgsql as $$
begin
  insert into job_run_quarters as kept
  select workspace_id, quarter_of(created_at), sum(sign * (status = 'completed')::int), sum(sign * (status = 'failed')::int),
         sum(sign * (status = 'cancelled')::int), sum(sign * (status = 'skipped')::int)
    from changed cross join (select case tg_op when 'INSERT' then 1 else -1 end as sign) as direction
   where status in ('completed', 'failed', 'cancelled', 'skipped')
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

-- At the commit: all ends of a workspace meet in the row of one quarter, and must not wait there for what else an end does.
create constraint trigger count_changed after update of status, created_at on job_runs
  deferrable initially deferred
  for each row when ((old.status, old.created_at) is distinct from (new.status, new.created_at)
    and (old.status in ('completed', 'failed', 'cancelled', 'skipped') or new.status in ('completed', 'failed', 'cancelled', 'skipped')))
  execute function count_changed_run();
create trigger count_added after insert on job_runs
  referencing new table as changed for each statement execute function count_many_runs();
create trigger count_removed after delete on job_runs
  referencing old table as changed for each statement execute function count_many_runs();

-- The triggers came first: making them waits for those who write, and keeps others waiting until the sums are filled.
insert into job_run_quarters
select workspace_id, quarter_of(created_at), count(*) filter (where status = 'completed'), count(*) filter (where status = 'failed'),
       count(*) filter (where status = 'cancelled'), count(*) filter (where status = 'skipped')
  from job_runs where status in ('completed', 'failed', 'cancelled', 'skipped') group by 1, 2;
