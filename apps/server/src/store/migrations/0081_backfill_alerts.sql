-- compatible
-- A server of the release before this one removes events of this kind: rules about backfills begin with the new release.

create trigger alerts_of_changed after update of status on backfills for each row
  when (old.status is distinct from new.status and old.status <> 'preparing') execute function note_alert_event('backfill-changed');
