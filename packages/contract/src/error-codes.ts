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
    cause: 'The path, the query or the body does not match the schema of the operation.',
    nextStep: 'Correct the fields named in `extra`.',
  },
  client_too_old: {
    status: 400,
    cause: 'The caller is a release of the dlthub client for an older API.',
    nextStep: 'Upgrade the client to the version that the header `x-dlthub-min-client-version` names.',
  },
  not_offered: {
    status: 400,
    cause: 'The older client has an operation that does not exist on this server.',
    nextStep: 'Do what the detail says instead.',
  },
  invalid_job_definition: {
    status: 400,
    cause: 'A job definition of the manifest is not valid for this version.',
    nextStep: 'Correct the job named in `extra`, or deploy with a dlt version that the server supports.',
  },
  invalid_trigger: {
    status: 400,
    cause: 'A trigger of a job, or the requested trigger, cannot be parsed.',
    nextStep: 'Write it as `type:expression`, for example `schedule:0 6 * * *` or `every:15m`.',
  },
  invalid_profile: {
    status: 400,
    cause: 'The profile exists only on developers’ machines, or no configuration file names it.',
    nextStep: 'Deploy a configuration with that profile, or choose another.',
  },
  invalid_run_settings: {
    status: 400,
    cause: 'The table `pumphouse` of a configuration file has an unknown setting, or an invalid value.',
    nextStep: 'Correct the keys named in `extra`; docs/concepts/scheduling.md lists the settings.',
  },
  wrong_base_url: {
    status: 400,
    cause: 'The base URL of the client has a path, such as `/api` or that of a page of the console.',
    nextStep:
      'Set `RUNTIME__API_BASE_URL`, or `api_base_url` under `[runtime]` in `.dlt/config.toml`, to the address of the server without a path.',
  },
  invalid_alert_rule: {
    status: 400,
    cause: 'An alert rule has a condition, a scope or quiet hours that do not fit.',
    nextStep:
      'Correct the fields named in `extra`; docs/concepts/alerts.md lists the conditions of each kind.',
  },
  reserved_variable_name: {
    status: 400,
    cause:
      'The names in `extra` are reserved: Pumphouse sets them, or they change how a run starts, before its code runs.',
    nextStep: '`extra` contains the alternative for each name; the list is in docs/concepts/variables.md.',
  },
  alert_channel_limit_exceeded: {
    status: 400,
    cause: 'The workspace has the most alert channels that it can have.',
    nextStep: 'Delete a channel that is not used, or add recipients to an existing one.',
  },
  variable_limit_exceeded: {
    status: 400,
    cause: 'The variables of the scope, or of the workspace, would exceed the limits of the server.',
    nextStep:
      'Delete variables that no run needs, and deploy large values with the code or the configuration.',
  },
  too_many_secrets: {
    status: 400,
    cause: 'The secrets files of the configuration have more values than the server masks in logs.',
    nextStep:
      'Keep only secrets in `secrets.toml`, and put all other values into `config.toml` or a file of the code.',
  },
  unknown_dataplane: {
    status: 400,
    cause: 'No data plane with this id exists.',
    nextStep: 'Choose one from `list_dataplanes`.',
  },
  archive_unsafe: {
    status: 400,
    cause:
      'The archive has an entry that could leave its folder, is listed twice, or is neither a file nor a link.',
    nextStep: 'Build the archive again with the dlthub client, without the entry named in `extra`.',
  },
  archive_truncated: {
    status: 400,
    cause: 'The archive ended before its last entry was complete.',
    nextStep: 'Upload again; check for proxies that limit or cut bodies.',
  },
  archive_invalid: {
    status: 400,
    cause: 'The upload is not a gzip tar archive, or its manifest cannot be read.',
    nextStep: 'Build the archive again with the dlthub client.',
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
    cause: 'A new password is too short, too long, or too common.',
    nextStep: 'Choose another of at least 12 characters, such as a passphrase of a few words.',
  },
  wrong_password: {
    status: 400,
    cause:
      'The e-mail address or the password is wrong. The response does not reveal whether the account exists.',
    nextStep: 'Check both, sign in in another way, or ask an operator for a link that sets a new password.',
  },
  sign_in_not_confirmed: {
    status: 400,
    cause:
      'The response of the sign-in provider does not match the request, or the provider did not sign it.',
    nextStep: 'Start again from the sign-in page; if it fails again, see the log of the server.',
  },
  sign_in_refused: {
    status: 400,
    cause:
      'The code or the request of a sign-in is unknown, expired, used, or was declined; `detail` has the reason.',
    nextStep: 'Begin the sign-in again, for example with `dlthub login`.',
  },
  not_authenticated: {
    status: 401,
    cause: 'The request has no credential, or the credential is unknown, expired or revoked.',
    nextStep: 'Sign in again, or set a valid key.',
  },
  session_ended: {
    status: 401,
    cause:
      'The refresh token is unknown, or its session has ended: signed out, revoked, not used for 90 days, or a year old.',
    nextStep: 'Sign in again.',
  },
  refresh_token_reused: {
    status: 401,
    cause:
      'The refresh token was replaced long ago: another program may have a copy, so the session was ended.',
    nextStep: 'Sign in again, and find out who could read the token file of the client.',
  },
  invalid_signature: {
    status: 401,
    cause: 'The webhook accepts only signed deliveries, and the signature is missing, wrong or too old.',
    nextStep: 'Sign the body as docs/concepts/webhooks.md says, with the signing secret of the webhook.',
  },
  authorization_pending: {
    status: 403,
    cause: 'The device code has not been approved yet.',
    nextStep: 'Answer it in the browser; the client polls automatically.',
  },
  slow_down: {
    status: 403,
    cause: 'The device code has not been approved yet, and the client polls too often.',
    nextStep: 'Poll less often; the dlthub client does so automatically.',
  },
  forbidden: {
    status: 403,
    cause: 'The credential is valid, but its role does not allow this.',
    nextStep: 'Ask an owner of the workspace or organization for the role.',
  },
  foreign_form: {
    status: 403,
    cause: 'A form was sent from another site, or from a page of this server that has expired.',
    nextStep:
      'Open the page again and submit the form there. Behind a proxy, PUMPHOUSE_PUBLIC_URL must be the address in the browser.',
  },
  foreign_origin: {
    status: 403,
    cause: 'The request has the session of an app, but comes from a page of another site.',
    nextStep: 'Call the app from its own pages, or with a key and without its cookie.',
  },
  account_disabled: {
    status: 403,
    cause: 'The account was disabled by an operator.',
    nextStep: "Contact the server's operator.",
  },
  email_not_verified: {
    status: 403,
    cause: 'The sign-in provider has not verified the e-mail address.',
    nextStep: 'Confirm the address at the provider, or use a password.',
  },
  sign_up_closed: {
    status: 403,
    cause: 'The user has no account, and accounts require an invitation.',
    nextStep: 'Ask an owner of the organization for an invitation, and open its link.',
  },
  no_account: {
    status: 403,
    cause: 'The key belongs to a workspace, not to a user, and has no account.',
    nextStep: 'Use `/organizations` or `me` of the workspace, or use a personal key.',
  },
  invitation_for_another: {
    status: 403,
    cause: 'The invitation is for another e-mail address than the one of the account.',
    nextStep: 'Sign in with the account of the invited address, or have your own address invited.',
  },
  host_not_allowed: {
    status: 403,
    cause: 'The request names a host (header `Host` or `X-Forwarded-Host`) that the server does not serve.',
    nextStep:
      'Call the server at its public address, or add the name to `PUMPHOUSE_ALLOWED_HOSTS` (docs/operate/settings.md).',
  },
  runs_only: {
    status: 403,
    cause:
      'The address is the one at which runs in containers reach the server. It accepts only tokens of runs.',
    nextStep: 'Call the server at its public address (PUMPHOUSE_PUBLIC_URL).',
  },
  not_found: {
    status: 404,
    cause: 'The resource does not exist, or the caller has no access to it.',
    nextStep: 'Check the id and the workspace.',
  },
  link_not_good: {
    status: 404,
    cause: 'The link was used, has expired, or was replaced by a newer one.',
    nextStep:
      'Setting up: restart the server and open the link that it prints. Password: ask an operator for a new link.',
  },
  invitation_not_good: {
    status: 404,
    cause: 'The invitation was accepted, revoked, or has expired; or does not exist.',
    nextStep: 'Ask the member who invited you for a new invitation.',
  },
  archive_removed: {
    status: 404,
    cause: 'The archive of the version was past its retention; its list of files is still stored.',
    nextStep:
      'Deploy that code again from version control; have the server keep packages longer with PUMPHOUSE_RETENTION.',
  },
  trace_removed: {
    status: 404,
    cause: 'The trace was past its retention; the pipeline run itself is still stored.',
    nextStep: 'Have the server keep traces longer with PUMPHOUSE_RETENTION.',
  },
  already_set_up: {
    status: 409,
    cause: 'The installation has an owner, so the set-up link is no longer valid.',
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
      'An account with the e-mail address from the sign-in provider exists, but is not linked with the provider and has no password to confirm the link.',
    nextStep:
      'Sign in as before, or ask an operator for a link that sets a password: `admin reset-password-link`.',
  },
  last_owner: {
    status: 409,
    cause: 'The organization would have no owner.',
    nextStep: 'Make another member an owner first.',
  },
  own_role: {
    status: 409,
    cause: 'Users cannot change their own role.',
    nextStep: 'Ask another owner; to remove yourself, leave the organization or the workspace.',
  },
  playground_workspace: {
    status: 409,
    cause: 'The workspace is a playground: its one member and its name are fixed, and it cannot be archived.',
    nextStep: 'Use another workspace of the organization, or create one.',
  },
  too_many_invitations: {
    status: 409,
    cause: 'The organization has reached its limit of pending invitations.',
    nextStep: 'Revoke invitations that are no longer needed.',
  },
  region_not_set: {
    status: 409,
    cause: 'The organization has not chosen where its workspaces run.',
    nextStep: 'Choose a region with `set_region_organization`, then try again.',
  },
  region_already_set: {
    status: 409,
    cause: 'The organization has chosen where its workspaces run, and the choice is final.',
    nextStep: 'Use its region, or another organization.',
  },
  upload_already_received: {
    status: 400,
    cause: 'This upload was already received; an upload token is valid for one upload.',
    nextStep: 'Request a new upload.',
  },
  start_declined: {
    status: 409,
    cause: 'The job cannot start now; `extra.reasons` has the reasons.',
    nextStep:
      'Wait until the reasons no longer apply, or start with `skip_freshness` if freshness is the reason.',
  },
  run_not_unknown: {
    status: 409,
    cause: 'The run cannot be ended by force: a server can reach it.',
    nextStep: 'Cancel the run. The server that can reach it stops it.',
  },
  nothing_pending: {
    status: 404,
    cause: 'The pipeline has no load packages that are extracted and not loaded.',
    nextStep: 'Nothing is left to do. A run may have finished or dropped them meanwhile.',
  },
  run_finished: {
    status: 409,
    cause: 'The job run has ended, and its state is final.',
    nextStep: 'Start a new run.',
  },
  workspace_archived: {
    status: 409,
    cause: 'The workspace is archived: it can be read, but nothing in it can start or change.',
    nextStep: 'Restore the workspace first.',
  },
  job_archived: {
    status: 409,
    cause: 'The job is archived: a user archived it, or the latest deployment does not contain it.',
    nextStep: 'Deploy code that has the job, or restore the job.',
  },
  job_not_pausable: {
    status: 400,
    cause: 'The job has no schedule, or is archived, so it cannot be paused or resumed.',
    nextStep: 'Give the job a `schedule:`, `every:` or `once:` trigger, or restore it first.',
  },
  content_is_latest: {
    status: 409,
    cause: 'The latest version already has the content of the older one.',
    nextStep: 'None, or choose an older version that differs.',
  },
  claim_lost: {
    status: 409,
    cause: 'The attempt no longer holds its job run: another attempt replaced it, or the run has ended.',
    nextStep: 'None: the attempt ends on its own.',
  },
  attempt_closed: {
    status: 410,
    cause: 'The attempt has ended: its end is recorded, or its run was ended without it.',
    nextStep: 'None: the attempt ends on its own.',
  },
  attempt_not_ready: {
    status: 503,
    cause: 'The server has not stored yet where this attempt runs.',
    nextStep: 'The process of the run repeats its call until the server has stored it.',
  },
  attempt_files_withheld: {
    status: 409,
    cause:
      'Code and configuration of an attempt are available only between its admission and the start of its code.',
    nextStep: 'None: a running attempt has its files.',
  },
  pipeline_held: {
    status: 409,
    cause:
      'Another run writes with the same pipeline or to the same dataset, and `on_held = "fail"` is set. The message names the run.',
    nextStep: 'Start the job again after that run, or remove `on_held` so that its runs wait.',
  },
  pipeline_deadlock: {
    status: 409,
    cause:
      'The run waits for a pipeline or dataset of another run, which waits for one of this run. The youngest request fails.',
    nextStep: 'Let all jobs write with their pipelines in the same order, or start the job again.',
  },
  too_many_pipelines: {
    status: 409,
    cause: 'One run asked to write with more pipelines and datasets than one run may.',
    nextStep: 'Split the job, or set `exclusive = "off"` for it.',
  },
  local_data_closed: {
    status: 409,
    cause:
      'The attempt may not change local data: it is an app, it has not begun, or its code has ended and was recorded.',
    nextStep: 'None: what the attempt changed is not stored.',
  },
  local_data_conflict: {
    status: 409,
    cause:
      'A database file of the local data was changed by another run since this attempt downloaded it. `extra.path` names it.',
    nextStep:
      'Start the job again. Name the database package in the requirements of the workspace, so that its runs wait for each other.',
  },
  local_data_parts_missing: {
    status: 409,
    cause: 'Contents of changed files are not stored yet. `extra.sha256` lists some of them.',
    nextStep: 'None: the process of the run uploads them and commits again.',
  },
  local_data_too_large: {
    status: 413,
    cause: 'The local data of a workspace and profile would have more files or bytes than may be stored.',
    nextStep: 'Delete files of `.dlt/data` that no run needs, or load large data to a database server.',
  },
  archive_closed: {
    status: 409,
    cause: 'The environment is not being built any more: its build has ended, or another server builds it.',
    nextStep: 'None: the pod of the build ends on its own.',
  },
  spool_gap: {
    status: 409,
    cause: 'The chunk begins after the received data; `extra.received` is the offset to continue from.',
    nextStep: 'Send from that offset.',
  },
  upload_too_large: {
    status: 413,
    cause: 'The upload is larger, or unpacks to more bytes or entries, than the limits of the server allow.',
    nextStep:
      'List large files that no run needs in `.gitignore`, or raise `PUMPHOUSE_MAX_UPLOAD_MB` or `PUMPHOUSE_MAX_UNPACKED_MB` on the server. The error names the largest files.',
  },
  input_too_large: {
    status: 413,
    cause: 'The body of the delivery, or the input of the start, is larger than 1 MiB.',
    nextStep: 'Send the location of the data instead of the data.',
  },
  unsupported_media_type: {
    status: 415,
    cause: 'The body is in a format that the operation does not support.',
    nextStep: 'Send JSON, or multipart if the operation accepts files.',
  },
  too_many_tries: {
    status: 429,
    cause: 'Signing in failed too often for this account, or from this address.',
    nextStep: 'Wait for the time in `Retry-After`.',
  },
  too_many_sign_ins: {
    status: 429,
    cause:
      'Too many passwords are being checked at once, too many sign-ins are waiting for an answer, or too many wrong codes were entered.',
    nextStep: 'Wait for the time in `Retry-After` or `detail`, then try again.',
  },
  too_many_requests: {
    status: 429,
    cause: 'The key, session, run or address sent more requests in a minute than the server accepts.',
    nextStep:
      'Wait as long as `Retry-After` says, and send fewer requests. Operators set the limit with `PUMPHOUSE_API_REQUESTS_PER_MINUTE`.',
  },
  too_many_streams: {
    status: 429,
    cause: 'The user or the server has reached its limit of open event streams.',
    nextStep: 'Close some: one connection serves all tabs of a browser. Then try again.',
  },
  not_interactive: {
    status: 409,
    cause: 'The operation is for interactive jobs; the job is a batch or stream job.',
    nextStep: 'Choose an interactive job; `list_apps` has them.',
  },
  no_app_port_left: {
    status: 409,
    cause: 'Each app has its own port, and every port of the range belongs to an app, or did until recently.',
    nextStep: 'Have the operator of the server set a larger range (`PUMPHOUSE_APPS_PORTS`).',
  },
  body_too_slow: {
    status: 408,
    cause: 'The body of the request stopped arriving for 30 s, or arrived at less than 1 KiB a second.',
    nextStep: 'Send the request again, on a faster or more stable connection.',
  },
  too_many_uploads: {
    status: 429,
    cause: 'The account has reached its limit of concurrent uploads.',
    nextStep: 'Wait for one of them to end, or for as long as `Retry-After` says, then upload again.',
  },
  too_many_runs: {
    status: 429,
    cause: 'Every job of the webhook is at its limit of concurrent runs.',
    nextStep: 'Send the delivery again later, or let starts wait with `on_limit = "queue"`.',
  },
  internal: {
    status: 500,
    cause: 'The server failed; its log has the reason under the request id in `extra`.',
    nextStep: "Try again. If it fails again, send the request id to the server's operator.",
  },
  not_served: {
    status: 501,
    cause: 'This server was installed without the content of this address.',
    nextStep: 'Read `detail` for what to use instead.',
  },
  app_not_answering: {
    status: 502,
    cause: 'The app runs, but closed the connection, or responded with invalid HTTP.',
    nextStep: 'Check the log of its run, then try again.',
  },
  app_not_ready: {
    status: 503,
    cause: 'The app is starting, is stopped, has failed, or cannot be started; `detail` has the reason.',
    nextStep: 'Try again after the time in `Retry-After`; without it, check the job of the app first.',
  },
  too_many_connections: {
    status: 503,
    cause: 'The app, or one of its visitors, has reached its limit of open connections.',
    nextStep: 'Close some, then try again.',
  },
  alert_rule_exists: {
    status: 409,
    cause: 'The workspace has an alert rule with this name.',
    nextStep: 'Choose another name, or change that rule.',
  },
  alert_rule_limit: {
    status: 409,
    cause: 'The workspace has as many alert rules as it may have.',
    nextStep: 'Delete rules that are no longer needed, or let one rule cover more jobs.',
  },
  alert_resolved: {
    status: 409,
    cause: 'The incident is resolved, so nothing more is sent about it.',
    nextStep: 'Nothing. If the problem occurs again, a new incident opens.',
  },
  alert_channel_exists: {
    status: 409,
    cause: 'The workspace has an alert channel with this name.',
    nextStep: 'Choose another name, or change that channel.',
  },
  alert_delivery_waiting: {
    status: 409,
    cause: 'The message has not been sent yet, and will be sent without a further request.',
    nextStep: 'Wait for its result, or test the channel.',
  },
  worker_exists: {
    status: 409,
    cause: 'The organization has a worker with this name.',
    nextStep: 'Choose another name, or create a new token for that worker.',
  },
  worker_protocol: {
    status: 426,
    cause: 'A worker of another release connected, which speaks another version of the protocol.',
    nextStep: 'Install the release of the server on the machine of the worker.',
  },
  job_without_schedule: {
    status: 409,
    cause: 'The job has no `schedule:` or `every:` trigger, so its runs have no windows.',
    nextStep: 'Add such a trigger to the job and deploy it, or start single runs.',
  },
  job_refreshes: {
    status: 409,
    cause: 'The runs of the job refresh, so each window would drop what the others have loaded.',
    nextStep: 'Run a pending refresh first, or change `refresh_propagation` of the job.',
  },
  too_many_windows: {
    status: 400,
    cause: 'The range has more than 100,000 ticks of the schedule.',
    nextStep: 'Choose a shorter range, and create the next backfill when this one has ended.',
  },
  too_many_backfills: {
    status: 409,
    cause: 'The job has 20 backfills that have not ended.',
    nextStep: 'Cancel one of them, or wait until one has ended.',
  },
  nothing_to_backfill: {
    status: 409,
    cause: 'The range includes no window that the mode loads.',
    nextStep: 'Look at the preview, then choose another range, or the mode `all`.',
  },
  nothing_to_retry: {
    status: 409,
    cause: 'None of the windows has failed, was cancelled or skipped.',
    nextStep: 'List the windows with the state `failed`, and retry those.',
  },
  nothing_to_skip: {
    status: 409,
    cause: 'None of the windows waits, has failed or was cancelled.',
    nextStep: 'List the windows with the state `waiting` or `failed`, and skip those.',
  },
  nothing_to_invalidate: {
    status: 409,
    cause: 'The range includes no window of the job: it is outside of its interval, or in the future.',
    nextStep: 'Choose a range within the interval of the job.',
  },
  backfill_state: {
    status: 409,
    cause: 'The state of the backfill does not allow the change.',
    nextStep: 'Read the backfill; a cancelled one cannot go on, so create another one.',
  },
  unavailable: {
    status: 503,
    cause: 'The server is starting, stopping, or has temporarily lost its store.',
    nextStep: 'Try again in a few seconds.',
  },
  provider_unavailable: {
    status: 503,
    cause: 'The sign-in provider does not answer, or sends invalid responses.',
    nextStep: 'Sign in with a password, or try again later; the log of the server has the reason.',
  },
  disk_full: {
    status: 507,
    cause: 'The disk of the server is full: the data could not be stored.',
    nextStep: 'Free space on the disk of the data folder, then send the data again.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;

/** The name of a stable error code. */
export type ErrorCode = keyof typeof errorCodes;
