-- compatible
-- A server of the release before this one evaluates no rules. Its changes add events through the triggers below; a server of this release
-- evaluates them.

create table alert_rules (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  name text not null,
  kind text not null,
  is_enabled boolean not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  -- Which jobs and pipelines it covers: domain/alerts/rule-scope.ts. All lists empty: the whole workspace.
  scope jsonb not null,
  -- Only the conditions that differ from the defaults of the kind.
  conditions jsonb not null,
  -- No reference: a rule keeps the id of a removed channel, and messages skip it.
  channel_ids uuid[] not null,
  -- Null: no reminders.
  reminder_seconds integer check (reminder_seconds > 0),
  -- Null: messages at any time.
  quiet_hours jsonb,
  -- The end of the year 9998: until it is lifted.
  muted_until timestamptz(3),
  -- When the clock next evaluates it; null for a rule of a kind that only events concern.
  check_at timestamptz(3),
  created_by uuid not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (workspace_id, name)
);
create index alert_rules_due on alert_rules (check_at) where is_enabled and check_at is not null;

create table alert_incidents (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces,
  rule_id uuid not null references alert_rules on delete cascade,
  kind text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  -- What the incident is about, such as `job:<id>`. A rule has one open incident for each.
  subject text not null,
  job_id uuid references jobs,
  job_ref text,
  -- The run of the last occurrence. No reference: retention removes runs.
  job_run_id uuid,
  pipeline_name text,
  title text not null,
  details jsonb not null,
  facts jsonb not null,
  links jsonb not null,
  occurrence_count integer not null default 1,
  first_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  resolved_at timestamptz(3),
  -- Null while it is open, and if its condition ended.
  resolved_by uuid,
  -- Why it is resolved, in words.
  resolution text,
  acknowledged_at timestamptz(3),
  acknowledged_by uuid,
  snoozed_until timestamptz(3),
  -- The incident that the message about several of them is named after; null before it was told.
  told_as uuid,
  told_at timestamptz(3),
  last_reminder_at timestamptz(3),
  resolution_told_at timestamptz(3),
  -- When something is to be told, or decided again; null if nothing is.
  next_at timestamptz(3)
);
create unique index alert_incidents_open on alert_incidents (rule_id, subject) where resolved_at is null;
create index alert_incidents_due on alert_incidents (next_at) where next_at is not null;
create index alert_incidents_told_as on alert_incidents (told_as) where told_as is not null;
create index alert_incidents_newest on alert_incidents (workspace_id, last_at desc, id);
create index alert_incidents_open_newest on alert_incidents (workspace_id, last_at desc, id) where resolved_at is null;
create index alert_incidents_of_job on alert_incidents (job_id, last_at desc, id) where job_id is not null;
create index alert_incidents_resolved on alert_incidents (resolved_at) where resolved_at is not null;

-- Jobs whose incidents are recorded and not told.
create table alert_job_mutes (
  job_id uuid primary key references jobs,
  workspace_id uuid not null references workspaces,
  -- The end of the year 9998: until it is lifted.
  muted_until timestamptz(3) not null,
  muted_by uuid not null,
  created_at timestamptz(3) not null default now()
);
create index alert_job_mutes_workspace on alert_job_mutes (workspace_id);

-- What happened in workspaces with rules, and was not evaluated yet. Not rows of `outbox`: supervisors take and remove those, servers of
-- the release before among them.
create table alert_events (
  id bigint generated always as identity primary key,
  workspace_id uuid not null,
  kind text not null,
  subject_id text not null,
  created_at timestamptz(3) not null default now()
);
create index alert_events_workspace on alert_events (workspace_id, id);

create function has_alert_rules(of_workspace uuid) returns boolean
  language sql stable
  return exists (select from alert_rules where workspace_id = of_workspace and is_enabled);

create function note_alert_event() returns trigger language plpgsql as $$
begin
  if has_alert_rules(new.workspace_id) then
    insert into alert_events (workspace_id, kind, subject_id) values (new.workspace_id, tg_argv[0], new.id::text);
  end if;
  return null;
end $$;
create trigger alerts_of_ended after update of status on job_runs for each row
  when (old.status is distinct from new.status and new.status in ('completed', 'failed') and not new.is_internal)
  execute function note_alert_event('run-ended');
create trigger alerts_of_new after insert on pipeline_runs for each row execute function note_alert_event('pipeline-run');
create trigger alerts_of_new after insert on schema_changes for each row execute function note_alert_event('schema-change');
create trigger alerts_of_archived after update of is_archived on jobs for each row
  when (new.is_archived and not old.is_archived) execute function note_alert_event('job-archived');

create trigger changes_of_written after insert or update or delete on alert_rules
  for each row execute function note_workspace_change('alert');
-- Not what was told and when, which the console does not show.
create trigger changes_of_new after insert or delete on alert_incidents
  for each row execute function note_workspace_change('alert');
create trigger changes_of_changed after update on alert_incidents for each row
  when ((old.occurrence_count, old.resolved_at, old.acknowledged_at, old.snoozed_until, old.title, old.told_at)
        is distinct from
        (new.occurrence_count, new.resolved_at, new.acknowledged_at, new.snoozed_until, new.title, new.told_at))
  execute function note_workspace_change('alert');
create trigger changes_of_written after insert or update or delete on alert_job_mutes
  for each row execute function note_workspace_change('alert');
