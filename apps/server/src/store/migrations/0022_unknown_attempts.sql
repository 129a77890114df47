-- compatible
-- A server of the release before this one neither sets nor reads these columns; its rows of supervisors keep an old `seen_at`, which
-- only says something about owners of claims that this release writes.

alter table job_runs
  -- Since when the supervisor of the run cannot see the place of its attempt; null where it can. It stays when the run ends.
  add column unknown_since timestamptz(3),
  -- Why the supervisor cannot see it.
  add column unknown_detail text;

create index job_runs_unknown on job_runs (workspace_id)
  where unknown_since is not null and status in ('starting', 'running', 'cancelling');

drop trigger changes_of_changed on job_runs;
create trigger changes_of_changed after update on job_runs for each row
  when ((old.status, old.skip, old.is_queued, old.wait_reason, old.not_before, old.end_intent, old.started_at, old.finished_at,
         old.unknown_since)
        is distinct from
        (new.status, new.skip, new.is_queued, new.wait_reason, new.not_before, new.end_intent, new.started_at, new.finished_at,
         new.unknown_since))
  execute function note_job_run_change();

-- When the supervisor gave its last sign of life.
alter table supervisors add column seen_at timestamptz(3) not null default now();
