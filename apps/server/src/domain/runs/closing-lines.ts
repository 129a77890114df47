import type { Failed } from './failure-reason.ts';
import type { RunFailureReason } from './run-failures.ts';
import type { UnnumberedLogLine } from '../logs/log-line.ts';
import { explainFailed } from './failure-reason.ts';
import { readRunFailureCode, runFailures } from './run-failures.ts';
import { runnerLine } from '../logs/log-line.ts';

/** A run or an attempt that failed. */
export type FailedRun = Failed & { failure: RunFailureReason };

/** The retry after a failed attempt. */
export interface FollowingRetry {
  /** Number of the failed attempt. */
  attemptNumber: number;
  number: number;
  count: number;
  /** Earliest start. */
  notBefore: Date;
}

/** Longer output of another program is truncated: its lines are in the log already. */
const maxLines = 40;

/** Creates the last log lines of a failed run: the cause, the next step and the code. */
export function closeWithFailure(failed: FailedRun, at: Date): UnnumberedLogLine[] {
  const { code } = failed.failure;
  const nextStep = explainFailed(failed)?.nextStep ?? '';
  return describe(failed, (why) => `Failed (${code}): ${why} ${nextStep}`, at);
}

/** Creates the last log lines of a failed attempt that is followed by a retry. */
export function closeWithRetry(failed: FailedRun, retry: FollowingRetry, at: Date): UnnumberedLogLine[] {
  const { attemptNumber, number, count, notBefore } = retry;
  const next = `Retry ${number} of ${count} starts at ${notBefore.toISOString()}.`;
  return describe(
    failed,
    (why) => `Attempt ${attemptNumber} failed (${failed.failure.code}): ${why} ${next}`,
    at,
  );
}

function describe(failed: FailedRun, phrase: (why: string) => string, at: Date): UnnumberedLogLine[] {
  const { failure, reason } = failed;
  const close = (why: string) => runnerLine(phrase(/[.!?…]$/.test(why) ? why : `${why}.`), at);
  if (reason) return [close(describeReason(failed))];
  const lines = failure.detail.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 1) return [close(failure.detail.trim())];
  // Output of another program: put its lines before the line that explains them.
  const { cause } = runFailures[readRunFailureCode(failure.code)];
  return [...lines.slice(-maxLines).map((line) => runnerLine(line, at)), close(cause)];
}

/** Formats a reason such as `RuntimeError: upstream API said no (step extract, table orders, shop.py:7)`. */
function describeReason(failed: FailedRun): string {
  const explained = explainFailed(failed);
  if (!explained) return failed.failure.detail;
  const { summary, step, table, location } = explained;
  const codeLocation = [
    ...(step === null ? [] : [`step ${step}`]),
    ...(table === null ? [] : [`table ${table}`]),
    ...(location === null ? [] : [`${location.file}:${location.line}`]),
  ];
  return codeLocation.length === 0 ? summary : `${summary} (${codeLocation.join(', ')})`;
}
