-- online
-- Checks that were added without reading the rows that were there. Older servers never wrote other values.
alter table job_runs validate constraint job_runs_end_intent_check;
alter table alert_deliveries validate constraint alert_deliveries_kind_check;
alter table backfills validate constraint backfills_status_check;
alter table backfill_windows validate constraint backfill_windows_status_check;
