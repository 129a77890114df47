-- compatible
-- Files that are to be removed: the row comes with the transaction that makes nobody look for the file any more, and goes
-- when the file is gone, so that a crash in between leaves nothing behind.
create table storage_removals (
  id bigint generated always as identity primary key,
  -- blob: a key; log: the id of an attempt; environment: a location of the executor.
  kind text not null check (kind in ('blob', 'log', 'environment')),
  target jsonb not null,
  created_at timestamptz(3) not null default now()
);

-- One round of all servers at a time.
alter table installation add column retention_round_at timestamptz(3);

alter table attempts
  -- Which environment the attempt runs in: one that a run uses, or the next run will, is not removed.
  add column environment_key text,
  -- What the packed log takes on the disk; null before it is packed, and once it was removed.
  add column log_stored_bytes bigint,
  add column log_removed_at timestamptz(3);
-- How small it was packed is not known: this is the most.
update attempts set log_stored_bytes = log_bytes where log_sealed and log_bytes > 0;

alter table pipeline_runs add column trace_removed_at timestamptz(3);
alter table deployments add column archive_removed_at timestamptz(3);
alter table configurations add column archive_removed_at timestamptz(3);
alter table environments add column size_bytes bigint;
-- Nobody noted uses before: an environment that looks unused since it was built may be in use right now.
update environments set last_used_at = now();

-- Oldest first, and summed up from the index alone.
create index job_runs_over on job_runs (finished_at, id) where finished_at is not null;
create index attempts_stored_logs on attempts (coalesce(finished_at, created_at), id) include (log_stored_bytes)
  where log_stored_bytes is not null;
create index beacon_bodies_traces on beacon_bodies (received_at, attempt_id, number) include (size_bytes)
  where kind = 'trace' and ingested_at is not null and problem is null;
create index beacon_bodies_others on beacon_bodies (received_at, attempt_id, number) include (size_bytes)
  where kind <> 'trace' or ingested_at is null or problem is not null;

-- What a version, and a run, is asked before it goes: does anything refer to it?
create index job_runs_deployment on job_runs (deployment_id);
create index job_runs_configuration on job_runs (configuration_id);
create index schema_versions_job_run on schema_versions (job_run_id) where job_run_id is not null;
