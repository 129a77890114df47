import type { LoopDefinition } from '../platform/loops.ts';
import type { Persistence } from '../store/store.ts';
import { backupRetryMs, isBackupDue } from '../domain/backups/backup-due.ts';

export interface BackupLoopDependencies {
  persistence: Persistence<'backups' | 'installation'>;
  /** A cron expression in UTC. */
  schedule: string;
  /** Makes a backup in a process of its own. Rejects with the reason if it failed. */
  runBackup: (signal: AbortSignal) => Promise<void>;
}

const intervalMs = 30_000;
/** A server that starts has more urgent work. */
const firstDelayMs = 5000;

/**
 * Makes a backup at each time of the schedule. Several servers may run this loop: the record of a running backup admits one
 * at a time. A backup that fails before it has a record is tried again after a pause, too.
 */
export function defineBackupLoop({
  persistence,
  schedule,
  runBackup,
}: BackupLoopDependencies): LoopDefinition {
  const { backups, installation } = persistence.store;
  let lastFailureMs = Number.NEGATIVE_INFINITY;
  return {
    name: 'backups',
    intervalMs,
    firstDelayMs,
    jitter: 0.2,
    async iterate(signal) {
      if (performance.now() - lastFailureMs < backupRetryMs) return;
      await backups.failSilent();
      const last = await backups.findLastScheduled();
      const began = last ? { startedAt: last.startedAt, hasFailed: last.status === 'failed' } : null;
      if (!isBackupDue(schedule, began, await installation.readClock())) return;
      try {
        await runBackup(signal);
      } catch (error) {
        if (signal.aborted) return;
        lastFailureMs = performance.now();
        throw error;
      }
    },
    failureMessage: 'a scheduled backup failed; tried again in 15 minutes',
    readyWithinMs: null,
  };
}
