-- compatible
-- Times are timestamptz(3): a Date in the server holds milliseconds, so what is read can be compared with what is stored.

create table installation (
  id uuid primary key default gen_random_uuid(),
  singleton boolean not null default true unique check (singleton),
  -- How runs are isolated is decided once; an engine that is gone later makes starts wait instead of dropping isolation.
  executor text,
  created_at timestamptz(3) not null default now()
);
insert into installation default values;

-- Uids under which runs of a workspace, and builds of an organization, are started where the server is root.
create sequence sandbox_uid_offsets minvalue 0 start 0;

create table users (
  id uuid primary key default gen_random_uuid(),
  -- A workspace key acts as a user of its own, so that roles and memberships are looked up in one way.
  kind text not null default 'human' check (kind in ('human', 'service_account')),
  email text not null,
  password_hash text,
  created_at timestamptz(3) not null default now()
);
create unique index users_email on users (lower(email));

create table organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  description text,
  dataplane_id text,
  sandbox_uid_offset integer not null default nextval('sandbox_uid_offsets'),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table organization_memberships (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations,
  user_id uuid not null references users,
  role text not null check (role in ('owner', 'member', 'collaborator')),
  created_at timestamptz(3) not null default now(),
  unique (organization_id, user_id)
);
create index organization_memberships_user on organization_memberships (user_id);

create table workspaces (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations,
  name text not null,
  description text,
  is_playground boolean not null default false,
  sandbox_uid_offset integer not null default nextval('sandbox_uid_offsets'),
  archived_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index workspaces_organization on workspaces (organization_id, created_at);

create table workspace_memberships (
  workspace_id uuid not null references workspaces,
  membership_id uuid not null references organization_memberships on delete cascade,
  role text not null check (role in ('owner', 'developer', 'viewer')),
  created_at timestamptz(3) not null default now(),
  primary key (workspace_id, membership_id)
);
create index workspace_memberships_membership on workspace_memberships (membership_id);

create table api_keys (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('personal', 'workspace')),
  secret_hash bytea not null unique,
  prefix text not null,
  -- Whom the key acts as; the issuer of a workspace key is another user.
  user_id uuid not null references users,
  issued_by uuid not null references users,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);

create table deployments (
  id uuid primary key,
  workspace_id uuid not null references workspaces,
  version integer not null,
  content_hash text not null,
  archive_sha256 text not null,
  archive_key text not null,
  file_count integer not null,
  size_bytes bigint not null,
  requirements json not null,
  has_embedded_database boolean not null,
  requirements_size_bytes bigint not null,
  files json not null,
  created_by uuid not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (workspace_id, version)
);

create table configurations (
  id uuid primary key,
  workspace_id uuid not null references workspaces,
  version integer not null,
  content_hash text not null,
  archive_sha256 text not null,
  archive_key text not null,
  file_count integer not null,
  size_bytes bigint not null,
  profiles text[] not null,
  files json not null,
  created_by uuid not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (workspace_id, version)
);

create table jobs (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  job_ref text not null,
  job_type text not null,
  version integer not null,
  current_version_id uuid not null,
  deployment_module text,
  profile text not null,
  triggers text[] not null,
  default_trigger text,
  is_archived boolean not null default false,
  is_paused boolean not null default false,
  last_run_number integer not null default 0,
  -- Watermark: end of the last completed run's interval; a refresh forgets it.
  completed_interval_end timestamptz(3),
  last_completed_at timestamptz(3),
  -- Set when a refresh cascade reached this job: its next run gets refresh = true.
  refresh_pending boolean not null default false,
  created_by uuid not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (workspace_id, job_ref)
);
create index jobs_workspace_newest on jobs (workspace_id, created_at desc, id);

create table job_versions (
  id uuid primary key default gen_random_uuid(),
  job_id uuid not null references jobs,
  version integer not null,
  -- json, not jsonb: the definition is echoed to the client as it came, key order included.
  definition json not null,
  definition_hash text not null,
  engine_version integer not null,
  description text,
  profile text not null,
  max_run_time_seconds double precision,
  created_by uuid not null,
  created_at timestamptz(3) not null default now(),
  unique (job_id, version)
);
alter table jobs add foreign key (current_version_id) references job_versions deferrable initially deferred;

create table job_runs (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  job_id uuid not null references jobs,
  job_version_id uuid not null references job_versions,
  deployment_id uuid not null references deployments,
  configuration_id uuid not null references configurations,
  number integer not null,
  status text not null check (status in
    ('pending', 'starting', 'running', 'cancelling', 'completed', 'failed', 'cancelled', 'skipped')),
  trigger text not null,
  trigger_kind text not null,
  tick_at timestamptz(3),
  triggered_by uuid,
  profile text not null,
  refresh boolean not null default false,
  interval_start timestamptz(3),
  interval_end timestamptz(3),
  previous_job_run_id uuid references job_runs,
  -- Runs that share a workspace's local data take turns: see the index below.
  shares_local_data boolean not null default false,
  failure jsonb,
  end_intent text check (end_intent in ('cancel', 'timeout')),
  -- Which of the two doors asked last; a claim number that no longer holds starts nothing.
  claim_number integer not null default 0,
  claimed_by text,
  lease_expires_at timestamptz(3),
  wait_noted boolean not null default false,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  unique (job_id, number)
);
create unique index job_runs_one_per_tick on job_runs (job_id, trigger, tick_at) where tick_at is not null;
create unique index job_runs_local_data_turn on job_runs (workspace_id, profile)
  where shares_local_data and status in ('starting', 'running', 'cancelling');
create index job_runs_claimable on job_runs (created_at, id) where status = 'pending';
create index job_runs_active on job_runs (job_id) where status in ('pending', 'starting', 'running', 'cancelling');
create index job_runs_leased on job_runs (lease_expires_at) where status in ('starting', 'running', 'cancelling');
create index job_runs_workspace_newest on job_runs (workspace_id, created_at desc, id);
create index job_runs_job_newest on job_runs (job_id, created_at desc, id);

create index job_runs_previous on job_runs (previous_job_run_id) where previous_job_run_id is not null;

create table attempts (
  id uuid primary key default gen_random_uuid(),
  job_run_id uuid not null references job_runs,
  number integer not null,
  claim_number integer not null,
  executor text not null,
  handle jsonb,
  bootstrap_token_hash bytea unique,
  -- The bootstrap process that was let in; another one with the same claim is turned away.
  begun_by text,
  begun_at timestamptz(3),
  -- How far the server has stored what the attempt said. The log file is cut back to log_bytes before it grows.
  spool_offset bigint not null default 0,
  log_bytes bigint not null default 0,
  log_lines bigint not null default 0,
  log_sealed boolean not null default false,
  beacon_count integer not null default 0,
  beacon_bytes bigint not null default 0,
  exit jsonb,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  unique (job_run_id, number)
);

create table environments (
  key text primary key,
  organization_id uuid not null references organizations,
  python_version text not null,
  requirements text[] not null,
  state text not null check (state in ('building', 'ready')),
  location jsonb,
  builder text,
  lease_expires_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  last_used_at timestamptz(3) not null default now()
);

create table local_data (
  workspace_id uuid not null references workspaces,
  profile text not null,
  created_at timestamptz(3) not null default now(),
  primary key (workspace_id, profile)
);

create table beacon_bodies (
  attempt_id uuid not null references attempts,
  number integer not null,
  kind text not null,
  size_bytes bigint not null,
  blob_key text not null,
  received_at timestamptz(3) not null,
  ingested_at timestamptz(3),
  problem text,
  primary key (attempt_id, number)
);
create index beacon_bodies_waiting on beacon_bodies (received_at) where ingested_at is null;

create table pipeline_runs (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  job_run_id uuid not null references job_runs,
  attempt_id uuid not null references attempts,
  transaction_id text not null,
  pipeline_name text not null,
  status text not null,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  duration_ms double precision,
  destination_name text,
  destination_type text,
  dataset_name text,
  total_rows_extracted bigint not null default 0,
  total_rows_loaded bigint not null default 0,
  total_bytes_loaded bigint not null default 0,
  error_step text,
  error_message text,
  has_schema_migration boolean not null default false,
  is_empty_run boolean not null default false,
  dlt_version text,
  -- Tables, load packages, resources, steps: read with the run, never filtered by.
  facts json not null,
  trace_blob_key text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (attempt_id, transaction_id)
);
create index pipeline_runs_workspace_newest on pipeline_runs (workspace_id, created_at desc, id);
create index pipeline_runs_job_run on pipeline_runs (job_run_id);

create table schema_versions (
  workspace_id uuid not null references workspaces,
  pipeline_name text not null,
  schema_name text not null,
  version_hash text not null,
  version integer,
  previous_hashes text[] not null,
  destination_name text,
  dataset_name text,
  document json not null,
  job_run_id uuid references job_runs,
  created_at timestamptz(3) not null default now(),
  last_seen_at timestamptz(3) not null default now(),
  primary key (workspace_id, pipeline_name, schema_name, version_hash)
);

create table job_results (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  job_run_id uuid not null unique references job_runs,
  job_ref text not null,
  result_type text not null,
  engine_version integer not null,
  document json not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

-- Last time telemetry recorded anything for a workspace.
create table telemetry_watermarks (
  workspace_id uuid primary key references workspaces,
  updated_at timestamptz(3) not null
);

-- Events commit with the state they tell of; a relay acts on them at least once, so each act is idempotent.
create table outbox (
  id bigint generated always as identity primary key,
  kind text not null,
  payload jsonb not null,
  created_at timestamptz(3) not null default now(),
  taken_until timestamptz(3),
  processed_at timestamptz(3),
  failures integer not null default 0
);
create index outbox_waiting on outbox (id) where processed_at is null;
