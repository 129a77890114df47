import type { ErrorCodeMeaning } from './meaning.ts';

export const localDataErrorCodes = {
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
} as const satisfies Record<string, ErrorCodeMeaning>;
