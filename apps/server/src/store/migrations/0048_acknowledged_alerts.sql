-- compatible
-- A server of the previous release leaves the column alone. It sends an `acknowledged` message that it claims as another trigger of the
-- open alert, which changes nothing at the receiver.

-- When the acknowledgement was written to channels; null before that, and again after a snooze.
alter table alert_incidents add column acknowledgement_notified_at timestamptz(3);

-- Existing rows have one of the kinds that were allowed before, so they are not checked again.
alter table alert_deliveries drop constraint alert_deliveries_kind_check;
alter table alert_deliveries add constraint alert_deliveries_kind_check
  check (kind in ('opened', 'reminder', 'acknowledged', 'resolved', 'test')) not valid;
