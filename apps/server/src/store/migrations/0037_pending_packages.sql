-- compatible
-- A server of the previous release neither reads nor writes these: attempts that it starts keep no packages.

-- Load packages that an attempt extracted or normalized and did not load, as bootstraps report them. The packages
-- themselves are in the local data of the workspace.
create table pending_packages (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces (id) on delete cascade,
  profile text not null,
  -- The worker that has the local data; null: the servers.
  worker_id uuid,
  pipeline_name text not null,
  -- dlt's id of the package.
  load_id text not null,
  schema_name text,
  step text not null check (step in ('extracted', 'normalized', 'partly_loaded')),
  -- At most 30.
  table_names text[] not null default '{}',
  size_bytes bigint not null check (size_bytes >= 0),
  jobs_left integer not null,
  jobs_done integer not null,
  -- How many other attempts have tried to finish it.
  tries integer not null default 0,
  -- When dlt created it.
  created_at timestamptz(3) not null,
  reported_at timestamptz(3) not null default now(),
  -- The run that extracted it; null once it is removed.
  job_run_id uuid references job_runs (id) on delete set null,
  -- `gone`: no longer there, and no run reported why.
  state text not null default 'pending' check (state in ('pending', 'finished', 'dropped', 'gone')),
  ended_at timestamptz(3),
  -- The run that finished or dropped it.
  ended_by_job_run_id uuid references job_runs (id) on delete set null,
  -- A member has asked to drop it: the next attempt does that before its code starts.
  drop_requested_at timestamptz(3),
  check ((state = 'pending') = (ended_at is null))
);
create unique index pending_packages_once on pending_packages
  (workspace_id, profile, coalesce(worker_id, '00000000-0000-0000-0000-000000000000'), pipeline_name, load_id);
create index pending_packages_of_runs on pending_packages (job_run_id);
create index pending_packages_ended_by on pending_packages (ended_by_job_run_id);
create index pending_packages_ended on pending_packages (ended_at) where ended_at is not null;

alter table job_runs
  -- The pipelines whose pending packages the run finishes without asking their sources; null for a usual run.
  add column finishes_pending text[];
