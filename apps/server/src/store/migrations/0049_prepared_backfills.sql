-- compatible
-- A server of the previous release neither prepares nor starts a backfill that is preparing, lets windows take no turns, skips none and
-- removes no backfill. Its schedule may load time of a backfill that is preparing; the windows of that time do not start then.

alter table backfills
  -- Windows that are inserted; null once all are. Only while it is preparing, or if it was cancelled meanwhile.
  add column prepared_count integer,
  -- The pipeline with which the windows write one after the other; null if they do not wait for each other.
  add column turns_on text;
alter table backfills drop constraint backfills_status_check;
alter table backfills add constraint backfills_status_check
  check (status in ('preparing', 'running', 'paused', 'cancelling', 'completed', 'failed', 'cancelled')) not valid;
create index backfills_in_work on backfills (id) where status in ('preparing', 'running', 'cancelling');
create index backfills_preparing on backfills (job_id) where status = 'preparing';
create index backfills_ended on backfills (ended_at, id) where ended_at is not null;

-- A user decided that a skipped window is not to be loaded.
alter table backfill_windows drop constraint backfill_windows_status_check;
alter table backfill_windows add constraint backfill_windows_status_check
  check (status in ('waiting', 'running', 'completed', 'covered', 'failed', 'cancelled', 'skipped')) not valid;

-- Windows of a large backfill that are not inserted yet: a portion is removed in the transaction that inserts its windows.
create table backfill_portions (
  backfill_id uuid not null references backfills on delete cascade,
  -- The number of its first window.
  first_number integer not null,
  -- Milliseconds since 1970, one of each for a window.
  starts bigint[] not null,
  ends bigint[] not null,
  primary key (backfill_id, first_number)
);
