import type { ErrorCodeMeaning } from './meaning.ts';

export const backfillsErrorCodes = {
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
} as const satisfies Record<string, ErrorCodeMeaning>;
