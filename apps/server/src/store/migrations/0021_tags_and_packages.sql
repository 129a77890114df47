-- compatible
-- A server of the release before this one stores versions without tags, and environments without the names of their packages.

-- `__tags__` of a deployment module, read from the uploaded code. Versions from before have none.
alter table deployments
  add column tags text[] not null default '{}',
  -- Why `__tags__` of this version has no effect.
  add column tags_problem text;

-- What the build installed, as `name==version`. Environments from before have none until they are built again.
alter table environments add column packages text[] not null default '{}';
