-- compatible
-- A server of the release before this one stores versions without these hashes, which reads as null, and never reads followed_runs.

-- The hash by which the older client, `dlt runtime`, that last uploaded this content recognizes it; null if that is content_hash.
alter table deployments add column older_content_hash text;
alter table configurations add column older_content_hash text;

-- Callers of the older client that poll a run until it has one exact status. Removed with the run.
create table followed_runs (
  job_run_id uuid not null references job_runs on delete cascade,
  -- The key or session that polls.
  follower uuid not null,
  -- False while the run has not reached the status.
  is_reported boolean not null,
  primary key (job_run_id, follower)
);
