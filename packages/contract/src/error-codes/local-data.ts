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
  local_data_in_use: {
    status: 409,
    cause:
      'A run may write to the local data now, or another member is resetting it. The message names the run, if it is known.',
    nextStep:
      'Repeat the call after that run: `pumphouse run list --status running`. For a reset, pause the jobs of the profile or cancel the run.',
  },
  local_data_missing: {
    status: 404,
    cause:
      'The local data has no such file or folder, or the profile has no undo copy, which is kept for a day.',
    nextStep:
      '`pumphouse data list` shows what there is. Links that runs made are neither listed nor followed.',
  },
  local_data_unreachable: {
    status: 409,
    cause:
      'This server keeps no local data that it can read: it is on a claim of a Kubernetes cluster, or the server runs no jobs.',
    nextStep:
      'With Kubernetes, read the folder of the claim, or keep local data without a claim (docs/operate/kubernetes.md). With several servers, call one with the role supervisor.',
  },
  local_data_failed: {
    status: 500,
    cause: 'The files of the local data could not be read or moved. The message says why.',
    nextStep:
      'Free space on the disk or start the container engine if the message says so, or ask the operator of the server.',
  },
  local_data_too_large: {
    status: 413,
    cause: 'The local data of a workspace and profile would have more files or bytes than may be stored.',
    nextStep: 'Delete files of `.dlt/data` that no run needs, or load large data to a database server.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
