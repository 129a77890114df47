-- compatible

create table variables (
  workspace_id uuid not null references workspaces,
  -- Null is the workspace scope: every run has it, whatever its profile.
  profile text,
  name text not null,
  -- A plain value is text; a secret one is sealed for this workspace, scope and name, and never leaves the server but into a run.
  plain_value text,
  sealed_value bytea,
  -- Another one with each write. It stands for a secret value where the value itself must not show, as in the key of an environment.
  revision uuid not null default gen_random_uuid(),
  created_by uuid not null references users,
  updated_by uuid not null references users,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  check ((plain_value is null) <> (sealed_value is null)),
  check (profile <> '')
);
-- Both scopes in one index, which Postgres 14 can only tell apart by an expression.
create unique index variables_scope_name on variables (workspace_id, coalesce(profile, ''), name);
