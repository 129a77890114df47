import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { Store } from '../../store/store.ts';

/** Compresses the log of an attempt, like the outbox relay does after its end. */
export async function sealLog(
  { logFiles, store }: { logFiles: LogFiles; store: Pick<Store, 'attempts' | 'logChunks'> },
  attemptId: string,
): Promise<void> {
  const attempt = await store.attempts.get(attemptId);
  if (!attempt) throw new Error(`There is no attempt ${attemptId}`);
  await logFiles.prepareSeal(attemptId);
  const sealed = await logFiles.seal(attemptId, { toBytes: attempt.logBytes }, store.logChunks);
  if (!sealed) throw new Error(`The log of attempt ${attemptId} has changed`);
  await store.attempts.markSealed(attemptId, sealed.storedBytes);
}
