-- compatible
-- When the job was paused; null if an older server paused it. Counts only while `is_paused`, which older servers reset alone.
alter table jobs add column paused_at timestamptz(3);
