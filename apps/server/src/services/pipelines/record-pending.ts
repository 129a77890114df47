import type { PendingReport } from '../../domain/pipelines/pending-packages.ts';
import type { Store } from '../../store/store.ts';

/** How long the list shows what became of packages. */
const keptDays = 30;

/**
 * Stores what is pending at the end of an attempt, in the transaction that stores its record. The report covers all local
 * data of the workspace and profile, so a bootstrap that was killed is made up for by the next one.
 */
export async function recordPending(
  { pendingPackages }: Pick<Store, 'pendingPackages'>,
  attemptId: string,
  { packages, ended, busy, isComplete }: PendingReport,
): Promise<void> {
  const attempt = await pendingPackages.findAttempt(attemptId);
  if (!attempt) return;
  if (ended.length > 0) await pendingPackages.end(attempt, ended);
  if (packages.length > 0) await pendingPackages.save(attempt, packages);
  if (isComplete) await pendingPackages.endMissing(attempt, packages, busy);
  await pendingPackages.removeEnded(keptDays);
}
