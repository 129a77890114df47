-- compatible
-- A server of the previous release reads none of these indexes by name.

-- What /metrics shows is counted at each scrape: only rows that are not over are read.
create index pending_packages_open on pending_packages (created_at) where state = 'pending';
create index pipeline_holds_waiting on pipeline_holds (attempt_id) where held_at is null;
create index backfills_open on backfills (status) where status in ('preparing', 'running', 'paused', 'cancelling');
