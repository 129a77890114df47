-- compatible
-- Servers of the previous release leave the column null: the timeline then shows the wait without a reason.

alter table job_runs
  -- The last reason for which the run waited before its code started; null if it never waited for a known one.
  add column waited_for text;
