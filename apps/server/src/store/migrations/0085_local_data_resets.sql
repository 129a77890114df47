-- compatible
-- Servers of the release before this one reset no local data. While another server does, a run that they admit may begin.

-- Undo copies of local data that members have reset or replaced.
create table local_data_resets (
  id uuid primary key,
  workspace_id uuid not null references workspaces (id) on delete cascade,
  profile text not null,
  -- Files are being moved, and no run of the profile begins before; null afterwards. In the past: the server ended meanwhile.
  moving_until timestamptz(3),
  -- Unknown while files are being moved.
  file_count integer,
  size_bytes bigint,
  -- The version of local data in objects that it keeps; null for files on a disk.
  version bigint,
  created_at timestamptz(3) not null default now(),
  -- When retention removes the copy.
  kept_until timestamptz(3) not null
);
create unique index local_data_resets_moving on local_data_resets (workspace_id, profile) where moving_until is not null;
create index local_data_resets_of_workspaces on local_data_resets (workspace_id, profile, created_at);
create index local_data_resets_kept on local_data_resets (kept_until);
