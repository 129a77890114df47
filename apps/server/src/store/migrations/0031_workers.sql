-- compatible
-- A server of the previous release neither sets nor reads these columns. It claims runs that require labels, and takes over runs of
-- workers whose lease has expired, which are unknown to it until the server of their worker takes them back.

create table workers (
  id uuid primary key default gen_random_uuid(),
  -- Null: it runs jobs of every organization.
  organization_id uuid references organizations (id) on delete cascade,
  name text not null,
  -- SHA-256 of its token; null once revoked.
  token_hash bytea unique,
  mode text not null default 'active' check (mode in ('active', 'paused', 'draining')),
  -- What it reported when it last connected; null before.
  labels jsonb not null default '{}',
  executor text,
  version text,
  host_name text,
  -- Its last connection, and the server process that has it; null once it was closed.
  connection_id uuid,
  connected_to text,
  -- When it last answered; null if it has never connected.
  seen_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  -- Its row stays, because runs name it.
  removed_at timestamptz(3)
);
create unique index workers_by_name on workers (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'), name)
  where removed_at is null;

alter table job_runs
  -- The worker that executes the run; null: a server does.
  add column worker_id uuid,
  -- Labels that its job requires of a worker; null: none.
  add column required_labels jsonb;

create index job_runs_of_workers on job_runs (worker_id)
  where worker_id is not null and status in ('starting', 'running', 'cancelling');

alter table supervisors
  -- The worker whose runs it drives; null: its server executes them.
  add column worker_id uuid,
  -- Null: of every organization.
  add column organization_id uuid,
  add column labels jsonb not null default '{}',
  -- False while it takes no new runs.
  add column is_claiming boolean not null default true;
