-- compatible

alter table job_runs
  -- A run of an interactive job: it takes a slot of apps. A server of the release before this one inserts its apps without it, and
  -- they take slots of batch runs until that server is replaced.
  add column is_app boolean not null default false,
  -- What kind of wait `wait_reason` is about; null of a run that no supervisor has looked at yet.
  add column wait_kind text;
update job_runs set is_app = true
  from jobs where jobs.id = job_runs.job_id and jobs.job_type = 'interactive'
   and job_runs.status in ('pending', 'starting', 'running', 'cancelling');

-- The next runs of each workspace, without reading through those of the others.
create index job_runs_next on job_runs (is_app, workspace_id, priority desc, created_at, id)
  where status = 'pending' and not is_queued;

-- The supervisors that are there and how many runs each drives at once, so that every server can tell how many slots there are.
create table supervisors (
  owner text primary key,
  batch_slots integer not null,
  app_slots integer not null,
  expires_at timestamptz(3) not null
);

-- When a visitor last had a connection open, whether or not anything went over it.
alter table app_instances add column connected_at timestamptz(3);

-- `room`: an idle app that was stopped because another app needed its slot.
alter table job_runs drop constraint job_runs_end_intent_check;
alter table job_runs add constraint job_runs_end_intent_check
  check (end_intent in ('cancel', 'timeout', 'idle', 'replaced', 'silent', 'room')) not valid;
