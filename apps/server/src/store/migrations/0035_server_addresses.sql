-- compatible
-- A server of the previous release publishes no address: other servers do not reach apps on workers that are connected to it, as before.

-- Host and port at which the other servers reach this one; null until it listens.
alter table servers add column address text;

-- From this release on, `workers.connected_to` is the id of a server, not its owner of claims.
comment on column workers.connected_to is 'The server that has its last connection (servers.id)';
