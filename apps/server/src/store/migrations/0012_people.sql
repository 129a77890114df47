-- compatible

alter table users
  add column name text,
  -- Switched off by an operator: nothing that the person holds is good any more.
  add column disabled_at timestamptz(3);

-- Whom an OpenID provider means by a subject. An account is found by nothing else: the e-mail address of another account proves nothing.
create table identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null references users,
  email text not null,
  created_at timestamptz(3) not null default now(),
  primary key (issuer, subject)
);
create index identities_user on identities (user_id);

-- A person signed in at a client (the dlthub client, the console): one family of refresh tokens.
create table sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users,
  client text not null,
  address text,
  user_agent text,
  created_at timestamptz(3) not null default now(),
  last_used_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  revoked_because text
);
create index sessions_user on sessions (user_id, created_at);
-- For forgetting those that are over.
create index sessions_end on sessions (least(revoked_at, expires_at));

create table refresh_tokens (
  token_hash bytea primary key,
  session_id uuid not null references sessions on delete cascade,
  created_at timestamptz(3) not null default now(),
  -- Followed by another one: for some seconds two clients may have read the same file, later somebody has stolen it.
  rotated_at timestamptz(3)
);
create index refresh_tokens_session on refresh_tokens (session_id, created_at);

-- A client waits at a loopback port for a person to agree in the browser (authorization code with PKCE).
create table authorization_requests (
  id uuid primary key default gen_random_uuid(),
  code_challenge text not null,
  redirect_uri text not null,
  state text not null,
  client text not null,
  address text,
  -- What the limit of open requests counts by: the address, or the /64 that it lies in.
  network text not null,
  created_at timestamptz(3) not null default now(),
  -- Short from the moment on in which a person has agreed: the code has to come back at once.
  expires_at timestamptz(3) not null,
  outcome text check (outcome in ('approved', 'denied')),
  -- Set when a person has agreed.
  user_id uuid references users,
  code_hash bytea unique,
  redeemed_at timestamptz(3),
  -- What was begun with the code, by value: it ends when the code comes a second time.
  session_id uuid
);
create index authorization_requests_expiry on authorization_requests (expires_at);

create table device_codes (
  device_code_hash bytea primary key,
  user_code text not null unique,
  client text not null,
  address text,
  network text not null,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  last_asked_at timestamptz(3),
  outcome text check (outcome in ('approved', 'denied')),
  user_id uuid references users,
  redeemed_at timestamptz(3)
);
create index device_codes_expiry on device_codes (expires_at);

-- Carries a session from a terminal to the browser: good once, for a minute.
create table swap_codes (
  code_hash bytea primary key,
  session_id uuid not null references sessions on delete cascade,
  expires_at timestamptz(3) not null,
  redeemed_at timestamptz(3)
);
create index swap_codes_session on swap_codes (session_id);
create index swap_codes_expiry on swap_codes (expires_at);

-- The cookie of the sign-in pages.
create table browser_sessions (
  secret_hash bytea primary key,
  user_id uuid not null references users,
  -- password, or the issuer that vouched for the person.
  signed_in_by text not null,
  created_at timestamptz(3) not null default now(),
  last_used_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null
);
create index browser_sessions_user on browser_sessions (user_id);

-- Failed sign-ins of an account or an address, as hashes: a wrong address typed by somebody is nobody's business.
create table sign_in_failures (
  bucket bytea primary key,
  failures integer not null,
  -- No further try before; null while the first ones are free.
  blocked_until timestamptz(3),
  window_ends_at timestamptz(3) not null
);
create index sign_in_failures_window on sign_in_failures (window_ends_at);

-- The one link with which the first owner makes an account.
create table setup_links (
  token_hash bytea primary key,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);

-- Made by an operator for a person who cannot sign in: sets a new password, once.
create table password_links (
  token_hash bytea primary key,
  user_id uuid not null references users,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);
create index password_links_user on password_links (user_id);

alter table organizations
  -- The role of each member and owner in workspaces where they have none; null for none. Collaborators have only what they were given.
  add column default_workspace_role text check (default_workspace_role in ('developer', 'viewer')),
  -- Made when its owner first came.
  add column is_personal boolean not null default false;

create table invitations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations,
  email text not null,
  role text not null check (role in ('owner', 'member', 'collaborator')),
  -- [{"workspaceId": ..., "role": ...}]
  workspaces jsonb not null default '[]',
  token_hash bytea not null unique,
  invited_by uuid not null references users,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  accepted_at timestamptz(3),
  accepted_by uuid references users
);
create index invitations_organization on invitations (organization_id, created_at, id);
-- Of the mail with the link: when the mail server took it, or that it never will.
alter table invitations
  add column mailed_at timestamptz(3),
  add column mail_failed_at timestamptz(3);

-- Mail with links of invitations that waits for the mail server. The row goes when it was taken: the link is kept no longer than it has to be.
create table invitation_mails (
  invitation_id uuid primary key references invitations on delete cascade,
  sealed_link bytea not null,
  created_at timestamptz(3) not null default now(),
  -- Until then a server is sending it, or pauses after a failure.
  taken_until timestamptz(3),
  failures integer not null default 0
);

alter table api_keys
  add column name text,
  -- The workspace of a workspace key.
  add column workspace_id uuid references workspaces,
  -- The key with which its issuer made it: what a key makes ends with it.
  add column made_with uuid references api_keys,
  add column last_used_at timestamptz(3);
update api_keys set workspace_id = memberships.workspace_id
  from organization_memberships, workspace_memberships memberships
 where api_keys.kind = 'workspace' and organization_memberships.user_id = api_keys.user_id
   and memberships.membership_id = organization_memberships.id;
create index api_keys_user on api_keys (user_id, created_at);
create index api_keys_made_with on api_keys (made_with) where made_with is not null;
create index api_keys_workspace on api_keys (workspace_id, created_at) where workspace_id is not null;

-- Rows name what they were about by value: they stay when it goes.
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz(3) not null default now(),
  organization_id uuid,
  workspace_id uuid,
  actor_kind text not null check (actor_kind in ('person', 'key', 'run', 'operator', 'server', 'nobody')),
  actor_user_id uuid,
  actor_email text,
  actor_key_id uuid,
  address text,
  user_agent text,
  action text not null,
  target_kind text not null,
  target_id text,
  target_name text,
  before json,
  after json
);
-- Each is walked from its end: a page of the newest entries, also of those before an instant, is read and nothing else.
create index audit_log_organization on audit_log (organization_id, at, id);
create index audit_log_workspace on audit_log (workspace_id, at, id) where workspace_id is not null;
create index audit_log_actor on audit_log (actor_user_id, at, id) where actor_user_id is not null;
create index audit_log_target on audit_log (target_id, at, id) where target_id is not null;
