import { z } from 'zod';
import { failureReason } from './failure-reasons.ts';
import { runStatus } from './job-runs.ts';
import { runPhase } from './run-phases.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

/** Why a run or one of its attempts failed; the codes match the last line of its log. */
const runFailure = responseObject('RunFailureResponse', {
  code: z.string(),
  detail: z.string(),
  next_step: z.string(),
});

const attemptExit = responseObject('AttemptExitResponse', {
  code: z.int().nullable(),
  signal: z.string().nullable(),
  /** Which memory limit was hit. */
  out_of_memory: openEnum(z.enum(['limit', 'machine'])).nullable(),
  peak_memory_bytes: z.int().nullable(),
  /** Why user code could not be started. */
  reason: responseObject('AttemptExitReasonResponse', { code: z.string(), detail: z.string() }).nullable(),
});

const attempt = responseObject('AttemptResponse', {
  id: uuid,
  number: z.int(),
  executor: z.string(),
  created_at: timestamp,
  /** When the attempt was admitted; its timeout counts from here. */
  begun_at: timestamp.nullable(),
  /** When user code started. */
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  /** When its code last printed a line; null if it has printed none. */
  last_output_at: timestamp.nullable(),
  exit: attemptExit.nullable(),
  failure: runFailure.nullable(),
  reason: failureReason.nullable(),
  /** Why user code started with nothing imported ahead, and so more slowly, such as `jobs.py:3`. */
  plain_start: z.string().nullable(),
});

/** A running batch run without output for this long may hang. */
export const silentMinutes = 10;

/** A wait longer than this needs a user's attention. */
export const longWaitSeconds = 300;

/** What a run waits for before its code starts, or what its code waits for; `until` is null if the time is unknown. */
export const runWait = responseObject('RunWaitResponse', { reason: z.string(), until: timestamp.nullable() });

/** Since when and why no server can see an active run; it takes no slot meanwhile. */
export const unknownRun = responseObject('UnknownRunResponse', { since: timestamp, detail: z.string() });

export const packageWarning = responseObject('PackageWarningResponse', {
  /** With their versions, such as `dlt 1.31.0`. */
  packages: z.array(z.string()),
  /** What is affected, and how. Code is in backticks. */
  affected: z.string(),
  effect: z.string(),
  /** A requirement that fixes it. */
  pin: z.string(),
  /** What that requirement breaks, and what to do about it. */
  caution: z.string().nullable(),
});
export type PackageWarningResponse = z.output<typeof packageWarning>;

export const jobRunTimelineResponse = responseObject('JobRunLifeResponse', {
  id: uuid,
  status: openEnum(runStatus),
  failure: runFailure.nullable(),
  /** The same as reported by the failing code. */
  reason: failureReason.nullable(),
  /** Why nothing was started, for a skipped run. */
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
  /** Incompatible packages in the environment of its last attempt. */
  package_warnings: z.array(packageWarning),
  /** In order and without gaps, from the run's creation; empty for a skipped run. */
  phases: z.array(runPhase),
});
export type JobRunTimelineResponse = z.output<typeof jobRunTimelineResponse>;
