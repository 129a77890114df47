-- compatible
-- Servers of the previous release neither set nor read these columns; their attempts have no timeline, and count as silent since their start.

-- What user code has used so far, as in domain/attempts/resource-usage.ts: at most 200 points. Read only for the page of a run.
alter table attempts add column resource_usage jsonb;
-- When the last lines that user code printed were stored; null if it has printed none.
alter table attempts add column last_output_at timestamptz;
