/** A stable error code: its HTTP status, the cause, and the next step for the reader. */
export interface ErrorCodeMeaning {
  status: number;
  cause: string;
  nextStep: string;
}

/**
 * Codes that responses carry in `code`. The meaning of a published code never changes; `detail`, which
 * callers read, may be more specific than `cause`.
 */
export const errorCodes = {
  invalid_request: {
    status: 400,
    cause: 'The path, the query or the body does not have the form that the operation asks for.',
    nextStep: 'Correct the fields named in `extra`.',
  },
  client_too_old: {
    status: 400,
    cause: 'The caller is a release of the dlthub client that speaks an older API.',
    nextStep: 'Upgrade the client to the version that the header `x-dlthub-min-client-version` names.',
  },
  invalid_job_definition: {
    status: 400,
    cause: 'A job of the manifest is not a definition that this version understands.',
    nextStep: 'Correct the job named in `extra`, or deploy with a dlt version that the server supports.',
  },
  invalid_trigger: {
    status: 400,
    cause: 'A trigger of a job, or the trigger that was asked for, cannot be read.',
    nextStep: 'Write it as `type:expression`, for example `schedule:0 6 * * *` or `every:15m`.',
  },
  invalid_profile: {
    status: 400,
    cause: 'The profile exists only on developers’ machines, or no configuration file names it.',
    nextStep: 'Deploy a configuration with that profile, or choose another.',
  },
  invalid_run_settings: {
    status: 400,
    cause:
      'The table `pumphouse` of a configuration file has a setting that does not exist, or a value that it cannot have.',
    nextStep: 'Correct the keys named in `extra`; docs/concepts/scheduling.md lists the settings.',
  },
  wrong_base_url: {
    status: 400,
    cause: 'The base URL of the client has a path, such as `/api` or that of a page of the console.',
    nextStep:
      'Set `RUNTIME__API_BASE_URL`, or `api_base_url` under `[runtime]` in `.dlt/config.toml`, to the address of the server without a path.',
  },
  reserved_variable_name: {
    status: 400,
    cause:
      'The names in `extra` are reserved: Pumphouse sets them, or they change how a run starts before its code does.',
    nextStep: '`extra` says for each name what to do instead; the list is in docs/concepts/variables.md.',
  },
  variable_limit_exceeded: {
    status: 400,
    cause: 'The variables of the scope, or of the workspace, would be more or larger than the server keeps.',
    nextStep:
      'Delete variables that no run needs, and deploy large values with the code or the configuration.',
  },
  too_many_secrets: {
    status: 400,
    cause: 'The secrets files of the configuration have more values than the server masks in logs.',
    nextStep:
      'Keep secrets alone in `secrets.toml`, and put all other values into `config.toml` or a file of the code.',
  },
  unknown_dataplane: {
    status: 400,
    cause: 'No place with this id is in the catalogue.',
    nextStep: 'Choose one from `list_dataplanes`.',
  },
  archive_unsafe: {
    status: 400,
    cause: 'The archive has an entry that could leave its folder, is doubled, or is no file or link.',
    nextStep: 'Build the archive anew with the dlthub client, without the entry named in `extra`.',
  },
  archive_truncated: {
    status: 400,
    cause: 'The archive ended before its last entry was complete.',
    nextStep: 'Upload again; look at proxies in between that limit or cut bodies.',
  },
  archive_invalid: {
    status: 400,
    cause: 'The upload is no gzip tar archive, or its manifest cannot be read.',
    nextStep: 'Build the archive anew with the dlthub client.',
  },
  hash_mismatch: {
    status: 400,
    cause: 'A file differs from the hash that the manifest of the archive gives for it.',
    nextStep: 'Upload again; files may have changed while the archive was built.',
  },
  no_deployment: {
    status: 400,
    cause: 'The workspace has no deployment yet, so there is no code to run.',
    nextStep: 'Deploy first.',
  },
  no_configuration: {
    status: 400,
    cause: 'The workspace has no configuration yet.',
    nextStep: 'Deploy first; the client uploads the configuration with the code.',
  },
  password_refused: {
    status: 400,
    cause: 'A new password is too short, too long, or one of those that are tried first.',
    nextStep: 'Choose another, of at least 12 characters; a few words in a row are good.',
  },
  wrong_password: {
    status: 400,
    cause:
      'The e-mail address and the password do not belong together. Whether there is such an account is not told.',
    nextStep: 'Check both, sign in in another way, or ask an operator for a link that sets a new password.',
  },
  sign_in_not_confirmed: {
    status: 400,
    cause:
      'What came back from the sign-in provider does not belong to what was asked, or was not signed by it.',
    nextStep: 'Start again from the sign-in page; if it stays, the log of the server has the reason.',
  },
  sign_in_refused: {
    status: 400,
    cause:
      'The code or the request of a sign-in is unknown, too old, used, or was declined; `detail` says which.',
    nextStep: 'Begin the sign-in again, for example with `dlthub login`.',
  },
  not_authenticated: {
    status: 401,
    cause: 'No credential came along, or it is unknown, expired or withdrawn.',
    nextStep: 'Sign in again, or set a key that is still good.',
  },
  session_ended: {
    status: 401,
    cause:
      'The refresh token is unknown, or its session is over: signed out, revoked, not used for 90 days, or a year old.',
    nextStep: 'Sign in again.',
  },
  refresh_token_reused: {
    status: 401,
    cause:
      'The refresh token was replaced long ago: another program may have a copy, so the session was ended.',
    nextStep: 'Sign in again, and find out who could read the file of the client.',
  },
  invalid_signature: {
    status: 401,
    cause: 'The webhook takes signed deliveries only, and the signature is missing, wrong or too old.',
    nextStep: 'Sign the body as docs/concepts/webhooks.md says, with the signing secret of the webhook.',
  },
  authorization_pending: {
    status: 403,
    cause: 'The device code has not been approved yet.',
    nextStep: 'Answer it in the browser; the client asks again by itself.',
  },
  slow_down: {
    status: 403,
    cause: 'The device code has not been approved yet, and the client polls too often.',
    nextStep: 'Ask less often; the dlthub client does so by itself.',
  },
  forbidden: {
    status: 403,
    cause: 'The credential is good, but its role does not allow this.',
    nextStep: 'Ask an owner of the workspace or organization for the role.',
  },
  foreign_form: {
    status: 403,
    cause:
      'A form was sent from another place than the page of this server, or from a page that was open for too long.',
    nextStep:
      'Open the page again and send it from there. Behind a proxy, PUMPHOUSE_PUBLIC_URL has to be the address in the browser.',
  },
  foreign_origin: {
    status: 403,
    cause: 'The request has the session of an app, and was made by a page that is not the app’s own.',
    nextStep: 'Call the app from its own pages, or with a key and without its cookie.',
  },
  account_disabled: {
    status: 403,
    cause: 'The account was disabled by an operator.',
    nextStep: "Contact the server's operator.",
  },
  email_not_verified: {
    status: 403,
    cause: 'The sign-in provider does not say that the e-mail address belongs to the person.',
    nextStep: 'Confirm the address at the provider, or use a password.',
  },
  sign_up_closed: {
    status: 403,
    cause: 'There is no account for this person, and people get one by an invitation only.',
    nextStep: 'Ask an owner of the organization for an invitation, and open its link.',
  },
  no_account: {
    status: 403,
    cause: 'The key belongs to a workspace, not to a person, and only people have an account.',
    nextStep: 'Ask for `/organizations` or the `me` of the workspace, or use a personal key.',
  },
  invitation_for_another: {
    status: 403,
    cause: 'The invitation is for another e-mail address than the one of the account.',
    nextStep: 'Sign in with the account of the invited address, or have your own address invited.',
  },
  host_not_allowed: {
    status: 403,
    cause:
      'The request names a host (header `Host` or `X-Forwarded-Host`) under which the server does not answer.',
    nextStep:
      'Call the server at its public address, or add the name to `PUMPHOUSE_ALLOWED_HOSTS` (docs/operate/settings.md).',
  },
  runs_only: {
    status: 403,
    cause:
      'The address is the one at which runs in containers reach the server. It takes the token that a run was given, and no key or other token.',
    nextStep: 'Call the server at its public address (PUMPHOUSE_PUBLIC_URL).',
  },
  not_found: {
    status: 404,
    cause: 'Nothing with this id exists where the caller may look.',
    nextStep: 'Check the id and the workspace.',
  },
  link_not_good: {
    status: 404,
    cause: 'The link was used, has expired, or a newer one took its place.',
    nextStep:
      'Setting up: start the server again and take the link that it prints. Password: ask an operator for a new link.',
  },
  invitation_not_good: {
    status: 404,
    cause: 'The invitation was accepted, revoked, or has expired; or there never was one with this link.',
    nextStep: 'Ask the member who invited you for a new invitation.',
  },
  archive_removed: {
    status: 404,
    cause:
      'The archive of the version was older, or there were more of them, than the server keeps; which files it had is still known.',
    nextStep:
      'Deploy that code again from version control; have the server keep packages longer with PUMPHOUSE_RETENTION.',
  },
  trace_removed: {
    status: 404,
    cause:
      'The trace was older, or there were more of them, than the server keeps; the pipeline run itself is still there.',
    nextStep: 'Have the server keep traces longer with PUMPHOUSE_RETENTION.',
  },
  already_set_up: {
    status: 409,
    cause: 'The installation has an owner, so the link for making the first one is not good any more.',
    nextStep: 'Sign in, or ask an owner for an invitation.',
  },
  account_exists: {
    status: 409,
    cause: 'An account with this email address exists.',
    nextStep: 'Sign in with it.',
  },
  account_not_linked: {
    status: 409,
    cause:
      'The sign-in provider vouches for an e-mail address that an account has which was never used with that provider, and has no password to prove that both are one person.',
    nextStep:
      'Sign in as before, or ask an operator for a link that sets a password: `admin reset-password-link`.',
  },
  last_owner: {
    status: 409,
    cause: 'The organization would have no owner any more.',
    nextStep: 'Make another member an owner first.',
  },
  own_role: {
    status: 409,
    cause: 'Users cannot change their own role.',
    nextStep: 'Ask another owner; to go, leave the organization or the workspace.',
  },
  playground_workspace: {
    status: 409,
    cause: 'The workspace is a playground: it has one member, its name, and stays.',
    nextStep: 'Use another workspace of the organization, or make one.',
  },
  too_many_invitations: {
    status: 409,
    cause: 'As many invitations to the organization wait as it may have at once.',
    nextStep: 'Revoke those that are not needed any more.',
  },
  region_not_set: {
    status: 409,
    cause: 'The organization has not chosen where its workspaces run.',
    nextStep: 'Choose a place with `set_region_organization`, then try again.',
  },
  region_already_set: {
    status: 409,
    cause: 'The organization has chosen where its workspaces run, and that is final.',
    nextStep: 'Use the place it has, or another organization.',
  },
  upload_already_received: {
    status: 400,
    cause: 'This upload was received before; an upload token is good for one upload.',
    nextStep: 'Ask for a new upload.',
  },
  start_declined: {
    status: 409,
    cause: 'The job cannot start now; `extra.reasons` says why.',
    nextStep:
      'Wait until the reasons are gone, or start with `skip_freshness` where freshness is the reason.',
  },
  run_not_unknown: {
    status: 409,
    cause: 'The run cannot be ended by force: a server sees the place where it runs.',
    nextStep: 'Cancel the run. The server that sees it stops it.',
  },
  run_finished: {
    status: 409,
    cause: 'The job run is over, and its state is final.',
    nextStep: 'Start a new run.',
  },
  workspace_archived: {
    status: 409,
    cause: 'The workspace is archived: it can be read, and nothing in it can start or change.',
    nextStep: 'Bring the workspace back first.',
  },
  job_archived: {
    status: 409,
    cause: 'The job is archived: a user archived it, or the latest deployment does not contain it.',
    nextStep: 'Deploy code that has the job, or bring the job back.',
  },
  job_not_pausable: {
    status: 400,
    cause:
      'The job has no schedule, or is archived: no clock starts it, so there is nothing to pause or resume.',
    nextStep: 'Give the job a `schedule:`, `every:` or `once:` trigger, or bring it back first.',
  },
  content_is_latest: {
    status: 409,
    cause: 'The latest version has the content already that was to be brought back.',
    nextStep: 'Nothing, or choose an older version that differs.',
  },
  claim_lost: {
    status: 409,
    cause: 'The attempt no longer holds its job run: another one took its place, or the run is over.',
    nextStep: 'Nothing: the attempt ends by itself.',
  },
  attempt_closed: {
    status: 410,
    cause: 'The attempt is over: its end is recorded, or its run was ended without it.',
    nextStep: 'Nothing: the attempt ends by itself.',
  },
  attempt_files_withheld: {
    status: 409,
    cause: 'Code and configuration of an attempt are given once it was let in and until its code starts.',
    nextStep: 'Nothing: an attempt that runs has its files.',
  },
  spool_gap: {
    status: 409,
    cause: 'The chunk begins after what was received; `extra.received` is the offset to go on from.',
    nextStep: 'Send from that offset.',
  },
  upload_too_large: {
    status: 413,
    cause: 'The upload is larger, or unpacks to more bytes or entries, than the server takes.',
    nextStep:
      'List large files that no run needs in `.gitignore`, or raise `PUMPHOUSE_MAX_UPLOAD_MB` or `PUMPHOUSE_MAX_UNPACKED_MB` on the server. The error names the largest files.',
  },
  input_too_large: {
    status: 413,
    cause: 'The body of the delivery is larger than the 1 MiB that a run takes as its input.',
    nextStep: 'Send where the data is instead of the data.',
  },
  unsupported_media_type: {
    status: 415,
    cause: 'The body is in a format that the operation does not read.',
    nextStep: 'Send JSON, or multipart where the operation takes files.',
  },
  too_many_tries: {
    status: 429,
    cause: 'Signing in failed too often for this account, or from this address.',
    nextStep: 'Wait as long as `Retry-After` says.',
  },
  too_many_sign_ins: {
    status: 429,
    cause:
      'Too many passwords are being checked at once, too many sign-ins wait for an answer, or too many wrong codes were entered.',
    nextStep: 'Wait as long as `Retry-After` or `detail` says, then try again.',
  },
  too_many_requests: {
    status: 429,
    cause: 'The key, session, run or address sent more requests in a minute than the server accepts.',
    nextStep:
      'Wait as long as `Retry-After` says, and send fewer requests. Operators set the limit with `PUMPHOUSE_API_REQUESTS_PER_MINUTE`.',
  },
  too_many_streams: {
    status: 429,
    cause:
      'As many connections that wait for events are open as one person, or the whole server, may have at once.',
    nextStep: 'Close some: one connection serves all tabs of a browser. Then try again.',
  },
  not_interactive: {
    status: 409,
    cause: 'The operation is for interactive jobs, which serve something; the job is a batch or stream job.',
    nextStep: 'Choose an interactive job; `list_apps` has them.',
  },
  no_app_port_left: {
    status: 409,
    cause:
      'Each app has a port of its own here, and every port of the range is that of an app, or was until lately.',
    nextStep: 'Have the operator of the server set a larger range (`PUMPHOUSE_APPS_PORTS`).',
  },
  body_too_slow: {
    status: 408,
    cause: 'The body of the request stopped arriving for 30 s, or arrived at less than 1 KiB a second.',
    nextStep: 'Send the request again, on a connection that is faster or drops less.',
  },
  too_many_uploads: {
    status: 429,
    cause: 'As many uploads of the account are being received or checked as the server takes at once.',
    nextStep: 'Wait for one of them to end, or for as long as `Retry-After` says, then upload again.',
  },
  too_many_runs: {
    status: 429,
    cause: 'Every job that listens to the webhook has as many runs as it may have at once.',
    nextStep: 'Send the delivery again later, or let starts wait with `on_limit = "queue"`.',
  },
  internal: {
    status: 500,
    cause: 'The server failed; its log has the reason under the request id in `extra`.',
    nextStep: "Try again. If it fails again, send the request id to the server's operator.",
  },
  not_served: {
    status: 501,
    cause: 'This server was installed without what the address would show.',
    nextStep: 'Read `detail` for what to use instead.',
  },
  app_not_answering: {
    status: 502,
    cause: 'The app runs, but closed the connection, or answered with something that is no HTTP.',
    nextStep: 'Look into the log of its run, then try again.',
  },
  app_not_ready: {
    status: 503,
    cause: 'The app is starting, is stopped, has failed, or cannot be started; `detail` says which.',
    nextStep: 'Try again when `Retry-After` says; without it, look at the job of the app first.',
  },
  too_many_connections: {
    status: 503,
    cause: 'As many connections to the app are open as it, or one visitor of it, may have at once.',
    nextStep: 'Close some, then try again.',
  },
  unavailable: {
    status: 503,
    cause: 'The server is starting, stopping, or has lost its store for the moment.',
    nextStep: 'Try again in a few seconds.',
  },
  provider_unavailable: {
    status: 503,
    cause: 'The sign-in provider does not answer, or not as a provider should.',
    nextStep: 'Sign in with a password, or try again later; the log of the server has the reason.',
  },
  disk_full: {
    status: 507,
    cause: 'The disk of the server is full: what was sent could not be stored.',
    nextStep: 'Make room on the disk of the data folder, then send it again.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;

/** The name of a stable error code. */
export type ErrorCode = keyof typeof errorCodes;
