-- compatible
-- `__tags__` of a deployment module, read from the uploaded code. Versions from before have none. A server of the release before this one
-- inserts versions without tags.
alter table deployments
  add column tags text[] not null default '{}',
  -- Why `__tags__` of this version has no effect.
  add column tags_problem text;
