-- compatible
-- A server of the release before this one stores deployments without a message, and does not show those of newer servers.

-- Why the user deployed this version, in the user's words.
alter table deployments add column message text check (length(message) between 1 and 500);

create trigger changes_of_changed after update on deployments for each row
  when (old.message is distinct from new.message)
  execute function note_workspace_change('deployment');
