import { z } from 'zod';
import { failureReason } from './failure-reasons.ts';
import { runStatus } from './job-runs.ts';
import { runPhase } from './run-phases.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

/** Why a run, or one of its attempts, failed; the codes are those of the last line of its log. */
const runFailure = responseObject('RunFailureResponse', {
  code: z.string(),
  detail: z.string(),
  next_step: z.string(),
});

const attemptExit = responseObject('AttemptExitResponse', {
  code: z.int().nullable(),
  signal: z.string().nullable(),
  /** Whose end of memory it was. */
  out_of_memory: openEnum(z.enum(['limit', 'machine'])).nullable(),
  peak_memory_bytes: z.int().nullable(),
  /** Why user code could not be started at all. */
  reason: responseObject('AttemptExitReasonResponse', { code: z.string(), detail: z.string() }).nullable(),
});

const attempt = responseObject('AttemptResponse', {
  id: uuid,
  number: z.int(),
  executor: z.string(),
  created_at: timestamp,
  /** When it was let in: from here on its timeout counts. */
  begun_at: timestamp.nullable(),
  /** When user code started. */
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  exit: attemptExit.nullable(),
  failure: runFailure.nullable(),
  reason: failureReason.nullable(),
});

/** From then on a wait needs the attention of people. */
export const longWaitSeconds = 300;

/** What a run waits for that is pending or starting; `until` is null where no time is known. */
export const runWait = responseObject('RunWaitResponse', { reason: z.string(), until: timestamp.nullable() });

/** Since when no server can see where an active run goes on, and why; it takes no slot meanwhile. */
export const unknownRun = responseObject('UnknownRunResponse', { since: timestamp, detail: z.string() });

export const packageWarning = responseObject('PackageWarningResponse', {
  /** With their versions, such as `dlt 1.31.0`. */
  packages: z.array(z.string()),
  /** What is affected, and what happens there. Code is in backticks. */
  affected: z.string(),
  effect: z.string(),
  /** A requirement that mends it. */
  pin: z.string(),
});
export type PackageWarningResponse = z.output<typeof packageWarning>;

export const jobRunLifeResponse = responseObject('JobRunLifeResponse', {
  id: uuid,
  status: openEnum(runStatus),
  failure: runFailure.nullable(),
  /** The same in the words of the code that failed. */
  reason: failureReason.nullable(),
  /** Why nothing was started, of a run that is skipped. */
  skip: responseObject('RunSkipResponse', {
    status: z.string(),
    reasons: z.array(z.string()),
    count: z.int(),
    first_at: timestamp,
    last_at: timestamp,
  }).nullable(),
  waiting: runWait.nullable(),
  unknown: unknownRun.nullable(),
  attempts: z.array(attempt),
  /** Packages in the environment of its last attempt that do not work together. */
  package_warnings: z.array(packageWarning),
  /** In their order and without gaps, from when the run was made; empty for one that is skipped. */
  phases: z.array(runPhase),
});
export type JobRunLifeResponse = z.output<typeof jobRunLifeResponse>;
