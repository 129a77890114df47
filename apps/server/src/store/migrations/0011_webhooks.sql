-- compatible

-- An address for each path that jobs of a workspace listen to (`webhook:<path>`); '' is that of triggers without a path.
create table webhooks (
  id uuid primary key,
  workspace_id uuid not null references workspaces,
  path text not null,
  -- The secret of the address: found by its SHA-256, and sealed so that it can be shown again to those who manage jobs.
  token_hash bytea not null unique,
  sealed_token bytea not null,
  -- Null: deliveries need no signature.
  sealed_signing_secret bytea,
  last_delivery_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (workspace_id, path)
);

-- Deliveries of the last day, so that each is taken once.
create table webhook_deliveries (
  webhook_id uuid not null references webhooks,
  -- SHA-256 of what tells the delivery from others: the sender's id of it, or its signature.
  key bytea not null,
  answer json not null,
  received_at timestamptz(3) not null,
  primary key (webhook_id, key)
);

-- What a webhook brought: JSON as it was sent, read when the run begins and in no list.
alter table job_runs add column input json;

-- The deployment for which `deployment:` triggers were fired last.
alter table workspaces add column fired_deployment_id uuid;
