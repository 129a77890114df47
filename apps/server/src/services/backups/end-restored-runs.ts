import type { FinishRun } from '../runs/finish-run.ts';
import type { Persistence } from '../../store/store.ts';

/**
 * Ends the runs that were active when a backup was taken: their processes belong to the former server. A job with retries
 * starts again, like after any lost attempt. Can be repeated.
 * @returns how many
 */
export async function endRestoredRuns(
  { store }: Persistence<'backups'>,
  finishRun: FinishRun,
  takenAt: Date,
): Promise<number> {
  const detail = `The server was restored from a backup of ${takenAt.toISOString()}, which was taken while the run was active.`;
  const active = await store.backups.listActiveRuns();
  for (const id of active)
    await finishRun(id, { status: 'failed', failure: { code: 'attempt_lost', detail } });
  return active.length;
}
