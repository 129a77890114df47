/** Looks at the record of backups. */
import type { DoctorContext, Looks } from './doctor-context.ts';
import { isAbsolute, relative } from 'node:path';
import { deriveBackupFinding } from '../../domain/doctor/backup-findings.ts';
import { isDatabaseOpen } from './doctor-context.ts';
import { describeLocation } from '../../blobs/blobs-location.ts';

export function createBackupLooks({ config, database }: DoctorContext): Looks<'backups'> {
  const { location, schedule } = config.backup;
  return {
    async backups() {
      const isBesideData = location?.kind === 'folder' && isWithin(config.dataDir, location.path);
      const none = { lastCompletedAt: null, lastFailure: null };
      const state = {
        location: location && describeLocation(location),
        schedule,
        isBesideData,
      };
      if (location === null) return deriveBackupFinding({ ...state, ...none }, new Date());
      if (!isDatabaseOpen(database)) return database;
      const { backups, installation } = database.store;
      const [completed, failed] = await Promise.all([
        backups.findLast('completed'),
        backups.findLast('failed'),
      ]);
      return deriveBackupFinding(
        {
          ...state,
          lastCompletedAt: completed?.startedAt ?? null,
          lastFailure: failed
            ? { at: failed.startedAt, reason: failed.failure ?? 'The reason is unknown.' }
            : null,
        },
        await installation.readClock(),
      );
    },
  };
}

function isWithin(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return !below.startsWith('..') && !isAbsolute(below);
}
