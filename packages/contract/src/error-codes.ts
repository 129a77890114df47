/** One stable error code: its HTTP status, what happened, and what the reader can do next. */
export interface ErrorCodeMeaning {
  status: number;
  cause: string;
  nextStep: string;
}

/**
 * Codes that answers carry in `code`. A code keeps its meaning once it is published; what a caller reads is in
 * `detail`, which may say more than `cause`.
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
  reserved_variable_name: {
    status: 400,
    cause:
      'Pumphouse itself sets the variables named in `extra` in every run, or keeps their names for later.',
    nextStep: 'Choose other names; the list is in docs/concepts/variables.md.',
  },
  variable_limit_exceeded: {
    status: 400,
    cause: 'The variables of the scope, or of the workspace, would be more or larger than the server keeps.',
    nextStep:
      'Delete variables that no run needs, and deploy large values with the code or the configuration.',
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
  not_authenticated: {
    status: 401,
    cause: 'No credential came along, or it is unknown, expired or withdrawn.',
    nextStep: 'Sign in again, or set a key that is still good.',
  },
  invalid_signature: {
    status: 401,
    cause: 'The webhook takes signed deliveries only, and the signature is missing, wrong or too old.',
    nextStep: 'Sign the body as docs/concepts/webhooks.md says, with the signing secret of the webhook.',
  },
  forbidden: {
    status: 403,
    cause: 'The credential is good, but its role does not allow this.',
    nextStep: 'Ask an owner of the workspace or organization for the role.',
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
  invitation_not_good: {
    status: 404,
    cause: 'The invitation was accepted, revoked, or has expired; or there never was one with this link.',
    nextStep: 'Ask whoever invited you for another invitation.',
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
  last_owner: {
    status: 409,
    cause: 'The organization would have no owner any more.',
    nextStep: 'Make somebody else an owner first.',
  },
  own_role: {
    status: 409,
    cause: 'Nobody changes their own role.',
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
    cause: 'The job is archived: somebody archived it, or the code that was deployed last does not have it.',
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
  spool_gap: {
    status: 409,
    cause: 'The chunk begins after what was received; `extra.received` is the offset to go on from.',
    nextStep: 'Send from that offset.',
  },
  upload_too_large: {
    status: 413,
    cause: 'The upload is larger, or unpacks to more bytes or entries, than the server takes.',
    nextStep: 'Leave large files out with `.gitignore`, or have the limit raised.',
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
  too_many_runs: {
    status: 429,
    cause: 'Every job that listens to the webhook has as many runs as it may have at once.',
    nextStep: 'Send the delivery again later, or let starts wait with `on_limit = "queue"`.',
  },
  internal: {
    status: 500,
    cause: 'The server failed; its log has the reason under the request id in `extra`.',
    nextStep: 'Try again; if it stays, give the request id to whoever runs the server.',
  },
  not_served: {
    status: 501,
    cause: 'This version of Pumphouse does not serve the operation yet.',
    nextStep: 'Read `detail` for what to use instead.',
  },
  unavailable: {
    status: 503,
    cause: 'The server is starting, stopping, or has lost its store for the moment.',
    nextStep: 'Try again in a few seconds.',
  },
  disk_full: {
    status: 507,
    cause: 'The disk of the server is full: what was sent could not be stored.',
    nextStep: 'Make room on the disk of the data folder, then send it again.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;

/** The name of a stable error code. */
export type ErrorCode = keyof typeof errorCodes;
