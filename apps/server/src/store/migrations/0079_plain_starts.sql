-- compatible
-- Servers of the release before this one neither set nor read this column.

-- Why user code started in an interpreter that had imported nothing ahead: {module}, or {file, line}. Null if it did not.
alter table attempts add column plain_start jsonb;
