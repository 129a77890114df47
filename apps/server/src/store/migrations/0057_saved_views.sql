-- compatible
-- Servers of the previous release know nothing of the table.

-- Filters of a page of the console, under a name.
create table saved_views (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspaces on delete cascade,
  -- Who saved it. Only this user may change it.
  user_id uuid not null references users on delete cascade,
  page text not null,
  name text not null,
  -- The query of the page's address, without '?'.
  search text not null,
  -- Shown to all members of the workspace.
  is_shared boolean not null default false,
  created_at timestamptz(3) not null default now(),
  unique (workspace_id, user_id, page, name)
);
create index saved_views_of_users on saved_views (user_id);
