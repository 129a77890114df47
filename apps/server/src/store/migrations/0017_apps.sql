-- compatible

-- Why the server ends a run by itself: also an app that nobody uses, that another process has taken the place of, or that never listened.
-- Rows of before are known to fit, and are not read through.
alter table job_runs drop constraint job_runs_end_intent_check;
alter table job_runs add constraint job_runs_end_intent_check
  check (end_intent in ('cancel', 'timeout', 'idle', 'replaced', 'silent')) not valid;

-- Runs of interactive jobs. What a visitor meets is the newest one that listens.
create table app_instances (
  job_run_id uuid primary key references job_runs on delete cascade,
  job_id uuid not null references jobs on delete cascade,
  -- When it first answered; null before.
  listening_at timestamptz(3),
  last_used_at timestamptz(3) not null default now()
);
create index app_instances_job on app_instances (job_id);

-- Public links. A new one ends the one before.
create table app_publications (
  id uuid primary key default gen_random_uuid(),
  job_id uuid not null references jobs on delete cascade,
  secret_hash bytea not null unique,
  -- Shown again to whoever may publish.
  sealed_secret bytea not null,
  password_hash text,
  expires_at timestamptz(3),
  created_by uuid references organization_memberships on delete set null,
  created_at timestamptz(3) not null default now(),
  ended_at timestamptz(3)
);
create unique index app_publications_current on app_publications (job_id) where ended_at is null;

-- A browser at one app: of a member, or of somebody who came by a public link.
create table app_sessions (
  id uuid primary key default gen_random_uuid(),
  job_id uuid not null references jobs on delete cascade,
  secret_hash bytea not null unique,
  user_id uuid references users on delete cascade,
  publication_id uuid references app_publications on delete cascade,
  created_at timestamptz(3) not null default now(),
  last_seen_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  check ((user_id is null) <> (publication_id is null))
);
create index app_sessions_job on app_sessions (job_id, last_seen_at desc);
create index app_sessions_expiry on app_sessions (expires_at);

-- Carries a member over from the server's own address to that of an app: good once, and for a minute.
create table app_codes (
  code_hash bytea primary key,
  job_id uuid not null references jobs on delete cascade,
  user_id uuid not null references users on delete cascade,
  expires_at timestamptz(3) not null
);

-- The last part of an app's host name.
create index jobs_app_label on jobs (right(id::text, 12)) where job_type = 'interactive';

-- Whoever follows the workspace is told that an app answers now, and who may see it.
create function note_app_change() returns trigger language plpgsql as $$
begin
  insert into changes (workspace_id, kind, job_id)
  select workspace_id, 'job', id from jobs where id = new.job_id;
  return null;
end $$;
create trigger changes_of_listening after update on app_instances for each row
  when (old.listening_at is distinct from new.listening_at)
  execute function note_app_change();
create trigger changes_of_published after insert or update on app_publications
  for each row execute function note_app_change();
