-- compatible

-- When the clock starts what: a row for each `schedule:`, `every:` and `once:` trigger of a job that is in service.
create table schedules (
  job_id uuid not null references jobs,
  trigger text not null,
  time_zone text not null,
  -- Null when the trigger fires no more.
  next_tick_at timestamptz(3),
  -- The last tick on which it was decided whether a run starts.
  previous_tick_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  primary key (job_id, trigger)
);
create index schedules_due on schedules (next_tick_at) where next_tick_at is not null;

-- The jobs whose freshness a job waits for: `job.is_fresh:<ref>` without its type.
alter table jobs add column upstream_refs text[] not null default '{}';
update jobs set upstream_refs = refs.upstream_refs
  from (select jobs.id, array_agg(split_part(declared.value, ':', 2)) as upstream_refs
          from jobs join job_versions on job_versions.id = jobs.current_version_id
         cross join lateral json_array_elements_text(
                 case json_typeof(job_versions.definition->'freshness') when 'array'
                 then job_versions.definition->'freshness' else '[]' end) as declared (value)
         group by jobs.id) as refs
 where refs.id = jobs.id;
create index jobs_upstream_refs on jobs using gin (upstream_refs) where upstream_refs <> '{}';

-- Starts that a call has promised for the moment at which upstreams of the same call complete.
create table promised_starts (
  job_id uuid primary key references jobs,
  trigger text not null,
  profile text,
  membership_id uuid,
  created_at timestamptz(3) not null default now()
);

-- Why a tick or an event started nothing. One row stands for all that were declined for the same reason, one after the other.
alter table job_runs add column skip jsonb;

-- The table `pumphouse` of the configuration's files, by profile; '' is what holds for all. Null for configurations of older servers.
alter table configurations add column run_settings json;
