-- compatible
-- Servers of the release before this one ignore the policy: they create longer keys, and accept older ones.
alter table organizations
  -- Days after which the organization accepts a key no longer; null: the product's limit.
  add column max_key_days integer;
