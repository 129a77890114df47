import type { AttemptLogExtent } from '../../store/records.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { BlobsMove } from './blobs-move.ts';
import type { Persistence } from '../../store/store.ts';
import { createHash } from 'node:crypto';
import { copyLines } from '../../blobs/logs/fallback-logs.ts';
import { CopyDiffersError } from './blobs-move.ts';
import { packLog } from '../../blobs/logs/sealed-log.ts';
import { readLogPieces } from '../../blobs/logs/log-lines.ts';
import { sealedLogKey } from '../../blobs/logs/chunked-log.ts';

/**
 * Creates the copy of one log between a folder and a bucket. A sealed log becomes one blob at its fixed key. A
 * log that may still grow stays where it is until servers write to the new location.
 */
export function createMoveLogs({
  persistence,
  from,
  to,
  isSwitched,
}: BlobsMove & { persistence: Persistence<'attempts' | 'logChunks'> }) {
  const { store } = persistence;

  async function copySealed({ id, logBytes }: AttemptLogExtent): Promise<void> {
    const key = sealedLogKey(id);
    await to.blobs.put(key, packLog(readLogPieces(from.logFiles, id, logBytes)));
    if ((await hashOf(from.logFiles, id, logBytes)) !== (await hashOf(to.logFiles, id, logBytes)))
      throw new CopyDiffersError(
        `The copy of the log of attempt ${id} differs from it. Run this command again.`,
      );
    const isRemoved = (await store.attempts.get(id))?.logRemovedAt !== null;
    if (isRemoved) await to.blobs.delete(key);
  }

  /** Copies the lines of a log that did not move with its next line, because its run writes none. */
  async function copyUnsealed({ id }: AttemptLogExtent): Promise<void> {
    await persistence.transaction(async (tx) => {
      const attempt = await tx.attempts.lock(id);
      if (!attempt || attempt.logSealed || (await to.logFiles.holds(id, attempt.logBytes))) return;
      const lines = { attemptId: id, toBytes: attempt.logBytes, rows: tx.logChunks };
      await copyLines(from.logFiles, to.logFiles, lines);
    });
  }

  return async function moveLog(
    attempt: AttemptLogExtent,
  ): Promise<'copied' | 'missing' | 'present' | 'waiting'> {
    const { id, logBytes, logSealed } = attempt;
    const isPresent = await to.logFiles.holds(id, logBytes);
    if (!isPresent && !logSealed && !isSwitched) return 'waiting';
    if (!isPresent && !(await from.logFiles.holds(id, logBytes))) return 'missing';
    if (!isPresent) await (logSealed ? copySealed(attempt) : copyUnsealed(attempt));
    // The rows named objects of the former location, which may be removed now.
    if (isSwitched && from.hasChunkedLogs && logSealed)
      await store.logChunks.take(id, { startByte: 0, endByte: Number.MAX_SAFE_INTEGER });
    return isPresent ? 'present' : 'copied';
  };
}

async function hashOf(logFiles: LogFiles, attemptId: string, toBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const data of logFiles.read(attemptId, { fromLine: 0, toBytes })) hash.update(data);
  return hash.digest('hex');
}
