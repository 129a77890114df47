-- compatible
-- A server of the previous release neither reads nor writes these tables: attempts that it admits with local data as objects keep no packages.

-- Working folders of dlt pipelines with pending load packages, where no disk of the executor keeps them.
create table pipeline_folders (
  -- Chosen by the bootstrap that stores the folder.
  id uuid primary key,
  workspace_id uuid not null references workspaces (id) on delete cascade,
  profile text not null,
  pipeline_name text not null,
  -- The attempt that extracted the packages.
  attempt_id uuid not null,
  -- The attempt that works in it. Another one takes it over once this one is over.
  owner_attempt_id uuid not null,
  -- What the bootstrap keeps with the folder, as kept_folders.py writes it.
  origin jsonb not null default '{}',
  -- By path: {mode, size_bytes, changed_ns, parts: [[offset, size, sha256], ...]}; `parts` is null for a folder.
  files jsonb not null default '{}',
  -- The pending packages, as in the table pending_packages; empty while the first upload is not complete.
  packages jsonb not null default '[]',
  created_at timestamptz(3) not null default now(),
  changed_at timestamptz(3) not null default now()
);
create index pipeline_folders_of_pipelines on pipeline_folders (workspace_id, profile, pipeline_name);
create index pipeline_folders_of_owners on pipeline_folders (owner_attempt_id);

-- Contents of the files. A part belongs to one folder, and its blob is written once.
create table pipeline_folder_parts (
  folder_id uuid not null references pipeline_folders (id) on delete cascade,
  sha256 text not null,
  size_bytes integer not null check (size_bytes > 0),
  blob_key text not null,
  primary key (folder_id, sha256)
);

-- Whatever removes a part: its blob is to be removed.
create function remove_blob_of_pipeline_folder_part() returns trigger language plpgsql as $$
begin
  insert into storage_removals (kind, target) values ('blob', jsonb_build_object('key', old.blob_key));
  return null;
end
$$;
create trigger pipeline_folder_parts_removed after delete on pipeline_folder_parts
  for each row execute function remove_blob_of_pipeline_folder_part();
