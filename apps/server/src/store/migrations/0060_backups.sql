-- compatible
-- Backups that this installation made, to show the last ones. The row of a running backup keeps others from starting and
-- files from being removed, as long as its heartbeat is recent.
create table backups (
  id text primary key,
  location text not null,
  is_scheduled boolean not null,
  status text not null check (status in ('running', 'completed', 'failed')),
  started_at timestamptz(3) not null default now(),
  seen_at timestamptz(3) not null default now(),
  finished_at timestamptz(3),
  -- Of all files, and of those that this backup added.
  stored_bytes bigint,
  added_bytes bigint,
  failure text
);
create unique index backups_one_running on backups ((true)) where status = 'running';
create index backups_newest on backups (started_at desc);
