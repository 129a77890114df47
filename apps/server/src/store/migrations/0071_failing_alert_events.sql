-- compatible
-- A server of the release before this one evaluates dropped events again, and drops them as it did.
-- small tables: alert_events: an event is removed when it has been evaluated, within seconds

alter table alert_events
  -- When its evaluation failed first, for a reason of its own.
  add column failing_since timestamptz(3),
  -- When it was given up. Kept, so that operators see it.
  add column dropped_at timestamptz(3);
create index alert_events_dropped on alert_events (dropped_at) where dropped_at is not null;
