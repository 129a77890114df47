-- compatible
-- A server of the release before this one starts attempts without a secret: they are served by its protocol until they have ended.

-- What an attempt and its servers prove themselves with, encrypted for the attempt's run. Null: the attempt's bootstrap sends a bearer token.
alter table attempts add column bootstrap_secret bytea;
