-- compatible
-- A session of the console belongs to the browser session that it was begun in, and a browser session may have
-- been begun with the code of a client. Each ends with the other, so that no browser is signed in again.
-- Sessions of a server of the release before this one have neither. What has ended is not found by its id or
-- hash, so no constraint has to remove it here.

alter table sessions add column browser_session_hash bytea;
alter table authorization_requests add column browser_session_hash bytea;
alter table browser_sessions add column session_id uuid;
