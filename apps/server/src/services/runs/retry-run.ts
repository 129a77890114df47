import type { AttemptRecord, JobRunRecord } from '../../store/records.ts';
import type { FollowingRetry } from '../../domain/runs/closing-lines.ts';
import type { RunFailureReason } from '../../domain/runs/run-failures.ts';
import type { Store } from '../../store/store.ts';
import { chooseJobSettings } from '../../domain/jobs/job-settings.ts';
import { decideRetry, hasUserCodeBegun } from '../../domain/runs/retry-decision.ts';
import { statesBefore } from '../../domain/runs/run-state.ts';

/** A failed attempt and its run, read under its lock. */
export interface Failed {
  run: JobRunRecord;
  attempt: AttemptRecord;
  jobRef: string;
  failure: RunFailureReason;
}

/**
 * Returns a run with a failed attempt to `pending` if its settings allow a retry. They come from the
 * configuration that the run was created with, like everything else in an attempt. The caller holds the run's
 * lock.
 * @returns the retry that follows; undefined if none does
 */
export async function retryRun(
  store: Pick<Store, 'attempts' | 'configurations' | 'jobRuns'>,
  failed: Failed,
): Promise<FollowingRetry | undefined> {
  const { run, attempt, jobRef, failure } = failed;
  const before = statesBefore('pending');
  // A run that is being cancelled is in none of these states: a stop by a user is never undone.
  if (!before.includes(run.status)) return undefined;
  const configuration = await store.configurations.get(run.workspaceId, run.configurationId);
  const settings = configuration?.runSettings ?? null;
  const { retries } = chooseJobSettings(settings, run.profile, jobRef);
  const retriesSoFar = await store.attempts.countFailed(run.id);
  const decision = decideRetry(
    { code: failure.code, hasBegun: hasUserCodeBegun(attempt), retriesSoFar },
    retries,
  );
  if (!decision.retry) return undefined;
  const retry = { attemptNumber: attempt.number, number: retriesSoFar + 1, count: retries.count };
  const reason = `Attempt ${retry.attemptNumber} failed (${failure.code}); retry ${retry.number} of ${retry.count} follows.`;
  const notBefore = await store.jobRuns.waitForRetry(run.id, before, decision.afterSeconds, reason);
  return notBefore && { ...retry, notBefore };
}
