-- compatible
-- Servers of the release before this one send no events. Their changes add events through the triggers below; a server of this release
-- sends them.

-- Receivers of the events of a workspace.
create table event_subscriptions (
  id uuid primary key,
  workspace_id uuid not null references workspaces,
  name text not null,
  description text,
  -- Event types, exact or with a trailing `*`: domain/events/event-patterns.ts.
  event_types text[] not null,
  -- Which jobs and pipelines it covers: domain/alerts/rule-scope.ts. All lists empty: the whole workspace.
  scope jsonb not null,
  -- The host of the URL, which may be shown; the URL itself may contain a secret.
  host text not null,
  sealed_url bytea not null,
  sealed_signing_secret bytea not null,
  -- The secret before the last replacement, which signs too until it expires.
  sealed_previous_secret bytea,
  previous_secret_expires_at timestamptz(3),
  -- Null: enabled. `gone`: the receiver answered 410. `failing`: it accepted nothing while a delivery was retried to its end.
  disabled_at timestamptz(3),
  disabled_reason text check (disabled_reason in ('user', 'gone', 'failing')),
  -- Nothing is sent before, because the receiver asked for a pause.
  paused_until timestamptz(3),
  last_delivered_at timestamptz(3),
  created_by uuid references users,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  check ((disabled_at is null) = (disabled_reason is null))
);
create unique index event_subscriptions_name on event_subscriptions (workspace_id, lower(name));
create index event_subscriptions_enabled on event_subscriptions (workspace_id) where disabled_at is null;

-- What happened in workspaces with subscriptions. Written in the transaction of the change.
create table events (
  position bigint generated always as identity primary key,
  id uuid not null unique default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  type text not null,
  -- What it is about, such as `job-runs/<id>`. Deliveries of one subject are sent in order.
  subject text not null,
  -- The state that the event reports, because the row that changed may have changed again.
  snapshot jsonb not null,
  created_at timestamptz(3) not null default now(),
  -- The CloudEvent as it is sent; null until it is dispatched to subscriptions.
  content json
);
create index events_waiting on events (workspace_id, position) where content is null;
create index events_oldest on events (created_at, id);

-- Events that subscriptions receive: what waits, and the log of what was sent.
create table event_deliveries (
  id uuid primary key default gen_random_uuid(),
  position bigint not null generated always as identity,
  subscription_id uuid not null references event_subscriptions on delete cascade,
  workspace_id uuid not null references workspaces,
  event_id uuid not null references events (id) on delete cascade,
  event_type text not null,
  subject text not null,
  -- A user sent it: a test, or an event again. It is attempted once, in no order with others.
  is_resent boolean not null default false,
  resent_from uuid references event_deliveries on delete set null,
  status text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
  -- Why the last attempt failed, or why there are no more attempts.
  reason text,
  -- Earliest next attempt.
  not_before timestamptz(3) not null default now(),
  attempts int not null default 0,
  -- A server is sending it until then; null otherwise.
  taken_until timestamptz(3),
  -- HTTP status of the last attempt.
  response_code int,
  -- The first characters of the last answer, as text.
  answer text,
  created_at timestamptz(3) not null default now(),
  finished_at timestamptz(3)
);
create unique index event_deliveries_once on event_deliveries (subscription_id, event_id) where not is_resent;
create index event_deliveries_waiting on event_deliveries (subscription_id, not_before) where status = 'waiting';
create index event_deliveries_order on event_deliveries (subscription_id, subject, position) where status = 'waiting' and not is_resent;
create index event_deliveries_of_subscription on event_deliveries (subscription_id, position desc);
create index event_deliveries_of_workspace on event_deliveries (workspace_id, position desc);
create index event_deliveries_of_event on event_deliveries (event_id);
create index event_deliveries_resent_from on event_deliveries (resent_from) where resent_from is not null;

create function has_event_subscriptions(of_workspace uuid) returns boolean
  language sql stable
  return exists (select from event_subscriptions where workspace_id = of_workspace and disabled_at is null);

create function add_event(of_workspace uuid, type text, subject text, snapshot jsonb) returns void language plpgsql as $$
begin
  if not has_event_subscriptions(of_workspace) then return; end if;
  insert into events (workspace_id, type, subject, snapshot) values (of_workspace, type, subject, snapshot);
  perform pg_notify('pumphouse_wake', 'event');
end $$;

create function note_run_event() returns trigger language plpgsql as $$
begin
  perform add_event(
    new.workspace_id,
    'pumphouse.job_run.' || case new.status
      when 'pending' then case tg_op when 'INSERT' then 'queued' else 'retrying' end
      when 'running' then 'started'
      when 'completed' then 'succeeded'
      else new.status end,
    'job-runs/' || new.id,
    jsonb_build_object('jobRunId', new.id, 'status', new.status, 'startedAt', new.started_at, 'finishedAt', new.finished_at,
                       'updatedAt', new.updated_at, 'notBefore', new.not_before));
  return null;
end $$;
create trigger events_of_new after insert on job_runs for each row
  when (new.status = 'pending' and not new.is_internal) execute function note_run_event();
create trigger events_of_changed after update of status on job_runs for each row
  when (old.status is distinct from new.status and new.status in ('pending', 'running', 'completed', 'failed', 'cancelled')
        and not new.is_internal)
  execute function note_run_event();

create function note_schema_event() returns trigger language plpgsql as $$
begin
  perform add_event(
    new.workspace_id, 'pumphouse.schema.changed',
    'pipelines/' || new.pipeline_name || '/schemas/' || new.schema_name,
    jsonb_build_object('pipelineName', new.pipeline_name, 'schemaName', new.schema_name, 'versionHash', new.version_hash,
                       'jobId', new.job_id));
  return null;
end $$;
create trigger events_of_new after insert on schema_changes for each row
  when (new.base_hash is null or new.change_count > 0) execute function note_schema_event();

create function note_deployment_event() returns trigger language plpgsql as $$
begin
  perform add_event(new.workspace_id, 'pumphouse.deployment.created', 'deployments/' || new.id,
                    jsonb_build_object('deploymentId', new.id));
  return null;
end $$;
create trigger events_of_new after insert on deployments for each row execute function note_deployment_event();

create trigger changes_of_written after insert or delete on event_subscriptions
  for each row execute function note_workspace_change('event-subscription');
create trigger changes_of_changed after update on event_subscriptions for each row
  when ((old.updated_at, old.disabled_at, old.paused_until, old.last_delivered_at)
        is distinct from (new.updated_at, new.disabled_at, new.paused_until, new.last_delivered_at))
  execute function note_workspace_change('event-subscription');
create trigger changes_of_new after insert on event_deliveries
  for each row execute function note_workspace_change('event-delivery');
create trigger changes_of_changed after update on event_deliveries for each row
  when ((old.status, old.attempts, old.taken_until) is distinct from (new.status, new.attempts, new.taken_until))
  execute function note_workspace_change('event-delivery');
