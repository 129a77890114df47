-- compatible
-- Servers of the previous release end attempts without the first two columns: triggers count the time of such attempts, but not the cores
-- and the memory that they held.

alter table attempts
  -- The limits with which the attempt was started; null for no limit.
  add column cores numeric,
  add column memory_limit_bytes bigint;

-- The day from which the tables below are complete: earlier attempts are not counted.
alter table installation add column cost_counted_since timestamptz(3) not null default now();

-- What attempts that ended on a day (UTC) held and used. Days outlive the runs, which retention removes.
-- No references: checking them would lock rows of jobs after rows of attempts. Jobs and their versions are never removed.
create table cost_days (
  workspace_id uuid not null,
  job_id uuid not null,
  -- The version that ran: its tags count.
  job_version_id uuid not null,
  -- As the version names it; 'small' if it names none.
  size text not null,
  day date not null,
  trigger_kind text not null,
  -- The user who started the run; null for schedules and other triggers without one.
  started_by uuid,
  attempt_count bigint not null,
  -- Of attempts without a limit of cores or memory, or whose limits are not known.
  unlimited_count bigint not null,
  -- Of attempts with a timeline of what they used.
  measured_count bigint not null,
  -- From the start of the attempts to their end. numeric: a sum that fails would keep a run from ending.
  held_ms numeric not null,
  held_core_ms numeric not null,
  held_memory_byte_ms numeric not null,
  -- What the attempts with a timeline held, of which the next two columns are a part.
  measured_core_ms numeric not null,
  measured_memory_byte_ms numeric not null,
  used_core_ms numeric not null,
  used_memory_byte_ms numeric not null,
  -- The highest of any attempt; null if none has a timeline.
  peak_memory_bytes bigint,
  peak_cores numeric
) with (fillfactor = 70);
create unique index cost_days_key on cost_days
  (job_id, day, job_version_id, trigger_kind, coalesce(started_by, '00000000-0000-0000-0000-000000000000'));
create index cost_days_workspace on cost_days (workspace_id, day);

-- What pipeline runs loaded, by the day (UTC) on which they were reported: rows arrive while the attempt runs and after it.
-- A table of its own, so that reports do not wait for ends of runs.
create table load_days (
  workspace_id uuid not null,
  job_id uuid not null,
  job_version_id uuid not null,
  size text not null,
  day date not null,
  trigger_kind text not null,
  started_by uuid,
  rows_loaded numeric not null,
  bytes_loaded numeric not null
) with (fillfactor = 70);
create unique index load_days_key on load_days
  (job_id, day, job_version_id, trigger_kind, coalesce(started_by, '00000000-0000-0000-0000-000000000000'));
create index load_days_workspace on load_days (workspace_id, day);

-- What the rows of both tables are told apart by.
create view costed_runs as
  select job_runs.id as job_run_id, job_runs.workspace_id, job_runs.job_id, job_runs.job_version_id,
         coalesce(job_versions.definition->'require'->'instance'->>'size', 'small') as size, job_runs.trigger_kind,
         organization_memberships.user_id as started_by
    from job_runs
    join job_versions on job_versions.id = job_runs.job_version_id
    left join organization_memberships on organization_memberships.id = job_runs.triggered_by;

-- A trigger, in the transaction that ends the attempt, since servers that do not know the tables end attempts too.
-- What a run reports of itself is cut at what it held; without a limit, at 1024 cores and 16 TiB.
create function count_cost() returns trigger language plpgsql as $$
declare
  usage constant jsonb := new.resource_usage;
  point_count constant integer := case
    when jsonb_typeof(usage->'memoryBytes') = 'array' and jsonb_typeof(usage->'cpuMicroseconds') = 'array'
    then jsonb_array_length(usage->'memoryBytes') else 0 end;
  held_ms constant numeric := greatest(round(extract(epoch from new.closed_at - new.begun_at)::numeric * 1000), 0);
  most_cores constant numeric := coalesce(new.cores, 1024);
  most_memory_bytes constant numeric := coalesce(new.memory_limit_bytes, 17592186044416);
  used_core_ms numeric := 0;
  used_memory_byte_ms numeric := 0;
  peak_cores numeric;
begin
  if point_count > 0 then
    select least(sum(point::numeric) / 1000, most_cores * held_ms),
           least(max(point::numeric) / 1000000 / nullif((usage->>'secondsPerPoint')::numeric, 0), most_cores)
      into used_core_ms, peak_cores
      from jsonb_array_elements_text(usage->'cpuMicroseconds') as points (point);
    select least(avg(point::numeric), most_memory_bytes) * held_ms into used_memory_byte_ms
      from jsonb_array_elements_text(usage->'memoryBytes') as points (point);
  end if;
  insert into cost_days as kept
  select workspace_id, job_id, job_version_id, size, (new.closed_at at time zone 'UTC')::date, trigger_kind, started_by,
         1, (new.cores is null or new.memory_limit_bytes is null)::int, (point_count > 0)::int,
         held_ms, coalesce(new.cores, 0) * held_ms, coalesce(new.memory_limit_bytes, 0) * held_ms,
         case when point_count > 0 then coalesce(new.cores, 0) * held_ms else 0 end,
         case when point_count > 0 then coalesce(new.memory_limit_bytes, 0) * held_ms else 0 end,
         coalesce(used_core_ms, 0), coalesce(used_memory_byte_ms, 0),
         case when point_count > 0 then least((usage->>'peakMemoryBytes')::numeric, most_memory_bytes)::bigint end, peak_cores
    from costed_runs where job_run_id = new.job_run_id
  on conflict (job_id, day, job_version_id, trigger_kind, coalesce(started_by, '00000000-0000-0000-0000-000000000000')) do update set
         attempt_count = kept.attempt_count + excluded.attempt_count,
         unlimited_count = kept.unlimited_count + excluded.unlimited_count,
         measured_count = kept.measured_count + excluded.measured_count,
         held_ms = kept.held_ms + excluded.held_ms,
         held_core_ms = kept.held_core_ms + excluded.held_core_ms,
         held_memory_byte_ms = kept.held_memory_byte_ms + excluded.held_memory_byte_ms,
         measured_core_ms = kept.measured_core_ms + excluded.measured_core_ms,
         measured_memory_byte_ms = kept.measured_memory_byte_ms + excluded.measured_memory_byte_ms,
         used_core_ms = kept.used_core_ms + excluded.used_core_ms,
         used_memory_byte_ms = kept.used_memory_byte_ms + excluded.used_memory_byte_ms,
         peak_memory_bytes = greatest(kept.peak_memory_bytes, excluded.peak_memory_bytes),
         peak_cores = greatest(kept.peak_cores, excluded.peak_cores);
  return null;
end $$;

create trigger count_cost after update of closed_at on attempts for each row
  when (old.closed_at is null and new.closed_at is not null and new.begun_at is not null)
  execute function count_cost();

-- Removed pipeline runs stay counted: the sums outlive what retention removes. Keys are taken in one order, as in
-- pipeline_run_sums_statement.
create function count_loads() returns trigger language plpgsql as $$
declare
  changes constant text := case tg_op
    when 'INSERT' then 'select 1 as sign, * from added'
    else 'select 1 as sign, * from added union all select -1, * from removed'
  end;
begin
  execute format($statement$
    insert into load_days as kept
    select costed_runs.workspace_id, job_id, job_version_id, size, (changes.created_at at time zone 'UTC')::date, trigger_kind, started_by,
           sum(sign * total_rows_loaded::numeric), sum(sign * total_bytes_loaded::numeric)
      from (%s) as changes join costed_runs on costed_runs.job_run_id = changes.job_run_id
     group by 1, 2, 3, 4, 5, 6, 7
    having (sum(sign * total_rows_loaded::numeric), sum(sign * total_bytes_loaded::numeric)) <> (0, 0)
     order by 2, 5, 3, 6, 7
    on conflict (job_id, day, job_version_id, trigger_kind, coalesce(started_by, '00000000-0000-0000-0000-000000000000')) do update set
           rows_loaded = kept.rows_loaded + excluded.rows_loaded,
           bytes_loaded = kept.bytes_loaded + excluded.bytes_loaded
  $statement$, changes);
  return null;
end $$;

create trigger loads_of_new after insert on pipeline_runs
  referencing new table as added for each statement execute function count_loads();
create trigger loads_of_changed after update on pipeline_runs
  referencing new table as added old table as removed for each statement execute function count_loads();

-- Prices of an hour of each size, from a day on, so that a change leaves earlier costs as they are.
create table size_rates (
  organization_id uuid not null references organizations on delete cascade,
  starts_on date not null,
  -- ISO 4217. All rates of an organization have one: amounts are not converted.
  currency text not null,
  -- By size; a size that is absent has no price.
  hourly_prices jsonb not null,
  primary key (organization_id, starts_on)
);
