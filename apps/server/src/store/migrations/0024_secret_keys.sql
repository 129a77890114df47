-- compatible
-- A server of the release before this one neither reads nor writes these tables. It cannot open what a server of this release encrypts, since
-- ciphertexts name their key from now on: a run that needs such a secret fails there until all servers are replaced.

-- Keys that ciphertexts may be under. A server that lacks one of them does not start.
create table secret_keys (
  -- A fingerprint that reveals nothing of the key.
  id text primary key,
  first_used_at timestamptz(3) not null default now()
);

-- Servers that run, whatever their roles are.
create table servers (
  id uuid primary key,
  -- As the owner of claims.
  owner text not null,
  -- The key that the server encrypts with, and all that it decrypts with.
  key_id text not null,
  readable_key_ids text[] not null,
  seen_at timestamptz(3) not null default now()
);
