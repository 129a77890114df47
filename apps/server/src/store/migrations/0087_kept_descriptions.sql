-- compatible
-- A server of the release before this one replaces descriptions at each deploy, and the next deploy with a newer server keeps what it finds.

-- A user or an apply wrote the description, so deploys leave it unchanged. False for older rows, whose author is not known.
alter table workspaces add column keeps_description boolean not null default false;
