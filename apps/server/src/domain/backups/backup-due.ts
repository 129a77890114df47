import { nextTick } from '../scheduling/cron.ts';

/** The last backup that a server began on its schedule. */
export interface LastBackup {
  startedAt: Date;
  hasFailed: boolean;
}

/** After a failure the next try follows sooner than the next day. */
export const backupRetryMs = 15 * 60_000;

/**
 * Decides whether a scheduled backup is due: when a time of the schedule has passed since the last one began, when there
 * is none yet, and 15 minutes after a failed one.
 * @param schedule a cron expression, in UTC
 */
export function isBackupDue(schedule: string, last: LastBackup | null, now: Date): boolean {
  if (last === null) return true;
  if (last.hasFailed && now.getTime() - last.startedAt.getTime() >= backupRetryMs) return true;
  const next = nextTick(schedule, last.startedAt, 'UTC');
  return next !== null && next <= now;
}
