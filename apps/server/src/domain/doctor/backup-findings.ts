import type { Finding } from './check-result.ts';
import { ok, problem, skipped, warning } from './check-result.ts';
import { nextTick } from '../scheduling/cron.ts';

/** What is known about the backups of an installation. */
export interface BackupState {
  /** Null: none is set. */
  location: string | null;
  /** Null: backups are made by hand. */
  schedule: string | null;
  /** Its blobs are in the folder or bucket of the backups too. */
  isBesideData: boolean;
  lastCompletedAt: Date | null;
  lastFailure: { at: Date; reason: string } | null;
}

/** A backup may take this long before it counts as missing. */
const graceMs = 6 * 3_600_000;

/** Derives whether there is a backup as recent as the schedule promises. */
export function deriveBackupFinding(state: BackupState, now: Date): Finding {
  const { location, schedule, lastCompletedAt, lastFailure } = state;
  if (location === null)
    return skipped(
      'PUMPHOUSE_BACKUP_URL is not set: no backups are made. docs/operate/backup.md explains them.',
    );
  const failed =
    lastFailure !== null && lastFailure.at > (lastCompletedAt ?? new Date(0)) ? lastFailure : null;
  const last =
    lastCompletedAt === null
      ? 'There is no backup yet'
      : `The last backup is of ${lastCompletedAt.toISOString()}`;
  if (failed)
    return problem(
      `${last}; the one of ${failed.at.toISOString()} failed: ${failed.reason}`,
      'Correct the cause, then run bin/pumphouse backup create.',
    );
  if (schedule !== null && lastCompletedAt !== null) {
    const due = nextTick(schedule, lastCompletedAt, 'UTC');
    if (due !== null && now.getTime() - due.getTime() > graceMs)
      return problem(
        `${last}, and the one of ${due.toISOString()} was not made.`,
        'A server with the role scheduler must run. Its log has the reason. bin/pumphouse backup create makes one now.',
      );
  }
  if (lastCompletedAt === null)
    return warning(`${last} in ${location}.`, 'Make the first one now: bin/pumphouse backup create.');
  if (state.isBesideData)
    return warning(
      `${last}, in ${location}, which is in the data folder: a lost disk takes both.`,
      'Set PUMPHOUSE_BACKUP_URL to another disk or machine.',
    );
  return ok(`${last}, in ${location}.`);
}
