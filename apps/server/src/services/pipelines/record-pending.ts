import type { PendingLimits, PendingReport } from '../../domain/pipelines/pending-packages.ts';
import type { Store } from '../../store/store.ts';
import { settlePipelineFolders } from './settle-pipeline-folders.ts';

/** How long the list shows what became of packages. */
export const keptDays = 30;

/**
 * Stores what is pending at the end of an attempt, in the transaction that stores its record. The report covers all local
 * data of the workspace and profile, so a bootstrap that was killed is made up for by the next one.
 */
export async function recordPending(
  store: Pick<Store, 'pendingPackages' | 'pipelineFolders'>,
  attemptId: string,
  { packages, ended, busy, isComplete, isStored }: PendingReport,
  limits: PendingLimits,
): Promise<void> {
  const { pendingPackages } = store;
  const found = await pendingPackages.findAttempt(attemptId);
  if (!found) return;
  const attempt = isStored ? { ...found, workerId: null } : found;
  if (ended.length > 0) await pendingPackages.end(attempt, ended);
  if (isStored) await settlePipelineFolders(store, { ...attempt, attemptId }, limits);
  else if (packages.length > 0) await pendingPackages.save(attempt, packages);
  if (isComplete && !isStored) await pendingPackages.endMissing(attempt, packages, busy);
  await pendingPackages.removeEnded(keptDays);
}
