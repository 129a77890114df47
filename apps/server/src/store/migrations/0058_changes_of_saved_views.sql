-- compatible
-- Servers of the previous release send the kind to consoles, which ignore it.

-- Open pages show views that other members share, rename or delete.
create trigger changes_of_new after insert or delete on saved_views
  for each row execute function note_workspace_change('saved-view');
create trigger changes_of_changed after update of name, search, is_shared on saved_views
  for each row execute function note_workspace_change('saved-view');
