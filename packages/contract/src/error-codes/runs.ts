import type { ErrorCodeMeaning } from './meaning.ts';

export const runsErrorCodes = {
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
  run_finished: {
    status: 409,
    cause: 'The job run has ended, and its state is final.',
    nextStep: 'Start a new run.',
  },
  input_too_large: {
    status: 413,
    cause: 'The body of the delivery, or the input of the start, is larger than 1 MiB.',
    nextStep: 'Send the location of the data instead of the data.',
  },
  too_many_runs: {
    status: 429,
    cause: 'Every job of the webhook is at its limit of concurrent runs.',
    nextStep: 'Send the delivery again later, or let starts wait with `on_limit = "queue"`.',
  },
  saved_view_exists: {
    status: 409,
    cause: 'You have a saved view with this name in the workspace.',
    nextStep: 'Choose another name, or change that view.',
  },
  saved_view_limit: {
    status: 409,
    cause: 'You have as many saved views in the workspace as a user may have.',
    nextStep: 'Delete views that you no longer need.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
