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
  unknown_input: {
    status: 400,
    cause: 'The function of the job has no parameter with the name of an input; `extra.inputs` names it.',
    nextStep: 'Use a name that `get_job_inputs` returns, or deploy code with the parameter.',
  },
  wrong_input: {
    status: 400,
    cause: 'The value of an input does not fit the type of its parameter; `extra.inputs` names it.',
    nextStep: 'Send a value that fits the type, such as `2026-11-29` for a date.',
  },
  missing_input: {
    status: 400,
    cause:
      'A parameter of the function has no default, and the start has no input for it; `extra.inputs` names it.',
    nextStep: 'Start the job with the input: `pumphouse launch JOB --input NAME=VALUE`.',
  },
  secret_input: {
    status: 400,
    cause: 'An input has the name of a parameter that is a secret. Inputs are stored and shown as they are.',
    nextStep: 'Set a secret variable of the workspace with the value, and start without the input.',
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
