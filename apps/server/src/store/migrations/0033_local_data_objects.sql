-- compatible
-- A server of the previous release neither reads nor writes these tables and columns: its executors keep local data on disks.

-- Local data that no disk of the executor keeps: the contents are blobs, these rows say which file consists of which.
create table local_data_manifests (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  profile text not null,
  -- Counts commits. A commit holds a lock on this row.
  version bigint not null default 0,
  -- What copies contain; null before the first snapshot.
  snapshot_version bigint,
  -- The only entry of the root that they contain; null: all.
  snapshot_only text,
  -- When contents that nothing uses were last removed.
  swept_at timestamptz(3),
  primary key (workspace_id, profile)
);

-- A piece of content. Its blob is written once; files of one workspace and profile share pieces with the same content.
create table local_data_parts (
  id bigint generated always as identity primary key,
  workspace_id uuid not null,
  profile text not null,
  sha256 text not null,
  size_bytes integer not null check (size_bytes > 0),
  blob_key text not null,
  -- The attempt that uploaded it. Each may upload a limited amount.
  attempt_id uuid not null,
  -- A part that no commit has used yet is removed after a while.
  stored_at timestamptz(3) not null default now(),
  foreign key (workspace_id, profile) references local_data_manifests on delete cascade,
  unique (workspace_id, profile, sha256)
);
create index local_data_parts_of_attempts on local_data_parts (attempt_id) include (size_bytes);

-- A file from one version on, until a later one replaces or removes it.
create table local_data_files (
  id bigint generated always as identity primary key,
  workspace_id uuid not null,
  profile text not null,
  path text collate "C" not null,
  mode integer not null,
  -- Its length: what no part covers is zero.
  size_bytes bigint not null check (size_bytes >= 0),
  changed_ns bigint not null,
  -- Null for a regular file.
  link_target text,
  -- The file that it belongs with, which is a database; null for other files.
  database_path text,
  part_ids bigint[] not null,
  -- Where each part begins in the file.
  part_offsets bigint[] not null,
  from_version bigint not null,
  -- Null while the file exists.
  until_version bigint,
  ended_at timestamptz(3),
  foreign key (workspace_id, profile) references local_data_manifests on delete cascade,
  check (cardinality(part_ids) = cardinality(part_offsets)),
  check ((until_version is null) = (ended_at is null))
);
create unique index local_data_files_current on local_data_files (workspace_id, profile, path) where until_version is null;
create index local_data_files_by_path on local_data_files (workspace_id, profile, path, from_version);

alter table installation
  -- Whether the executor of the servers keeps no local data on disks.
  add column local_data_in_objects boolean not null default false;
alter table workers
  -- Whether its executor keeps no local data on disks, as it reported when it last connected.
  add column local_data_in_objects boolean not null default false;
