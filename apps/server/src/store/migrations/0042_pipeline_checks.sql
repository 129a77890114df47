-- compatible
-- A server of the previous release neither reads nor writes the columns: runs whose telemetry it ingests have no checks.

alter table pipeline_runs
  -- The checks that the workspace's configuration expects of this run, with their results:
  -- {"onFailure": "mark" | "fail", "results": [{"check", "status", "detail"}]}. Null: none were evaluated.
  add column checks jsonb,
  -- The worst status of `checks`: failed, unknown or passed.
  add column check_status text;

-- Few runs fail their checks; alerts and lists read those.
create index pipeline_runs_failed_checks on pipeline_runs (workspace_id, created_at) where check_status = 'failed';
