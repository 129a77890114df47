import type { ErrorCodeMeaning } from './meaning.ts';

export const versionsErrorCodes = {
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
  invalid_package_sources: {
    status: 400,
    cause:
      'An index or source of the table `tool.uv` in `pyproject.toml` is not valid, has credentials in its URL, or names an index that is not declared.',
    nextStep:
      'Correct the table as the message says; docs/concepts/private-indexes.md shows how. Credentials belong in the variables `UV_INDEX_<NAME>_USERNAME` and `UV_INDEX_<NAME>_PASSWORD` of the workspace.',
  },
  too_many_secrets: {
    status: 400,
    cause: 'The secrets files of the configuration have more values than the server masks in logs.',
    nextStep:
      'Keep only secrets in `secrets.toml`, and put all other values into `config.toml` or a file of the code.',
  },
  invalid_requirements: {
    status: 400,
    cause:
      'A file of the code that declares packages has a line that the server or the client would leave out, such as `-r base.txt` or `--extra-index-url`.',
    nextStep: 'Correct the place that the message names: file, line and column. Then deploy again.',
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
  archive_removed: {
    status: 404,
    cause: 'The archive of the version was past its retention; its list of files is still stored.',
    nextStep:
      'Deploy that code again from version control; have the server keep packages longer with PUMPHOUSE_RETENTION.',
  },
  upload_already_received: {
    status: 400,
    cause: 'This upload was already received; an upload token is valid for one upload.',
    nextStep: 'Request a new upload.',
  },
  content_is_latest: {
    status: 409,
    cause: 'The latest version already has the content of the older one.',
    nextStep: 'None, or choose an older version that differs.',
  },
  upload_too_large: {
    status: 413,
    cause: 'The upload is larger, or unpacks to more bytes or entries, than the limits of the server allow.',
    nextStep:
      'List large files that no run needs in `.gitignore`, or raise `PUMPHOUSE_MAX_UPLOAD_MB` or `PUMPHOUSE_MAX_UNPACKED_MB` on the server. The error names the largest files.',
  },
  too_many_uploads: {
    status: 429,
    cause: 'The account has reached its limit of concurrent uploads.',
    nextStep: 'Wait for one of them to end, or for as long as `Retry-After` says, then upload again.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
