-- compatible
-- Servers of the release before this one know neither table: they send no alerts.

-- Where alerts of a workspace are sent.
create table alert_channels (
  id uuid primary key,
  workspace_id uuid not null references workspaces,
  name text not null,
  kind text not null check (kind in ('slack', 'teams', 'webhook', 'pagerduty', 'email')),
  -- What is not secret: recipients of mail, the region of PagerDuty, the host of an address.
  settings json not null,
  -- The address or the routing key; null for mail.
  sealed_target bytea,
  -- Signs what a generic webhook gets; null for other kinds.
  sealed_signing_secret bytea,
  -- The secret before the last replacement, which signs too until it expires.
  sealed_previous_secret bytea,
  previous_secret_expires_at timestamptz(3),
  -- Null: the channel sends. The reason is 'user', or 'rejected' if the receiver rejected several messages in a row.
  disabled_at timestamptz(3),
  disabled_reason text check (disabled_reason in ('user', 'rejected')),
  -- Messages in a row that the receiver rejected for good.
  rejections int not null default 0,
  -- Nothing is sent before, because the receiver asked for a pause.
  paused_until timestamptz(3),
  last_delivered_at timestamptz(3),
  created_by uuid references users,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  check ((disabled_at is null) = (disabled_reason is null))
);
create unique index alert_channels_name on alert_channels (workspace_id, lower(name));

-- Messages to channels: what waits, and the log of what was sent. Written in the transaction of what they report.
create table alert_deliveries (
  id uuid primary key default gen_random_uuid(),
  -- The order in which messages about one incident reach a channel.
  position bigint not null generated always as identity,
  channel_id uuid not null references alert_channels on delete cascade,
  workspace_id uuid not null references workspaces,
  -- Null for a test.
  incident_id text,
  kind text not null check (kind in ('opened', 'reminder', 'resolved', 'test')),
  message json not null,
  -- The delivery that a user sent again. Such a delivery is in no order with others.
  resent_from uuid references alert_deliveries on delete set null,
  is_resent boolean not null default false,
  -- Whether the messages of its incident that wait before it were checked for superseded ones.
  is_settled boolean not null default false,
  status text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed', 'dropped')),
  -- Why it failed or was dropped, or why the last attempt failed.
  reason text,
  -- Earliest next attempt.
  not_before timestamptz(3) not null,
  give_up_at timestamptz(3) not null,
  attempts int not null default 0,
  -- A server is sending it until then; null otherwise.
  taken_until timestamptz(3),
  -- HTTP status, or SMTP reply code, of the last attempt.
  response_code int,
  -- The first characters of the last answer, as text.
  answer text,
  -- Addresses that the mail server has accepted the message for.
  accepted_for text[] not null default '{}',
  created_at timestamptz(3) not null default now(),
  finished_at timestamptz(3)
);
create index alert_deliveries_waiting on alert_deliveries (channel_id, not_before) where status = 'waiting';
create index alert_deliveries_order on alert_deliveries (channel_id, incident_id, position) where status = 'waiting' and not is_resent;
create index alert_deliveries_of_channel on alert_deliveries (channel_id, position desc);
create index alert_deliveries_of_workspace on alert_deliveries (workspace_id, position desc);
create index alert_deliveries_finished on alert_deliveries (finished_at, id) where finished_at is not null;
create index alert_deliveries_resent_from on alert_deliveries (resent_from) where resent_from is not null;

create trigger changes_of_written after insert or delete on alert_channels
  for each row execute function note_workspace_change('alert-channel');
create trigger changes_of_changed after update on alert_channels for each row
  when ((old.name, old.settings::text, old.sealed_target, old.sealed_signing_secret, old.disabled_at, old.paused_until, old.last_delivered_at)
        is distinct from
        (new.name, new.settings::text, new.sealed_target, new.sealed_signing_secret, new.disabled_at, new.paused_until, new.last_delivered_at))
  execute function note_workspace_change('alert-channel');
create trigger changes_of_new after insert on alert_deliveries
  for each row execute function note_workspace_change('alert-delivery');
create trigger changes_of_changed after update on alert_deliveries for each row
  when ((old.status, old.attempts, old.taken_until) is distinct from (new.status, new.attempts, new.taken_until))
  execute function note_workspace_change('alert-delivery');
