-- compatible
-- A server of the release before this one neither sets nor reads the column: it counts such times as running.

-- When user code waited for a database that another run had open: [{"from", "to"}], in order; `to` is null while it waits.
alter table attempts add column waits jsonb not null default '[]';
