-- compatible
-- A server of the previous release neither reads nor writes the column: packages that it records have no counts.

alter table pending_packages
  -- [{"tableName", "rows"}] of the jobs that are left, at most 30; `rows` is null if it is unknown. Null: not counted.
  add column row_counts jsonb;
