import type { ErrorCodeMeaning } from './meaning.ts';

export const jobsErrorCodes = {
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
} as const satisfies Record<string, ErrorCodeMeaning>;
