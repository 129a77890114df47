-- compatible
-- A server of the release before this one stores versions without it, which reads as null.

-- The hash by which the older client, `dlt runtime`, that last uploaded this content recognizes it; null if that is content_hash.
alter table deployments add column older_content_hash text;
alter table configurations add column older_content_hash text;
