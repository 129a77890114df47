-- compatible
-- A server of the previous release neither reads nor writes the table: attempts that it starts write without these holds.

-- What the code of an attempt may write alone, or waits for. A row counts only while its attempt is open and has not exited,
-- so nothing has to be released after a crash. Rows that count no more are removed when others are added.
create table pipeline_holds (
  attempt_id uuid not null references attempts on delete cascade,
  workspace_id uuid not null references workspaces on delete cascade,
  kind text not null check (kind in ('pipeline', 'dataset')),
  -- Of a dataset '': runs of all profiles load to it.
  profile text not null,
  -- The name of the pipeline or dataset.
  name text not null,
  -- Of a dataset: the destination, as dlt identifies it; '' of a pipeline.
  destination text not null,
  -- The order of requests. Rows of one request have the same number.
  ticket bigint not null,
  asked_at timestamptz(3) not null default now(),
  -- Null while it waits.
  held_at timestamptz(3),
  primary key (attempt_id, kind, profile, name, destination)
);
create index pipeline_holds_of_workspaces on pipeline_holds (workspace_id);
create sequence pipeline_hold_tickets;
