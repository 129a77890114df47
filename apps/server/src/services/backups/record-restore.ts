import type { BackupManifest } from '../../domain/backups/backup-manifest.ts';
import type { Persistence } from '../../store/store.ts';
import { recordChange } from '../audit/audit.ts';

const action = 'installation.restore';

/**
 * Records in the audit log of each organization that the installation was restored from this backup. Can be repeated: a
 * backup contains no entry about its own restore, so such an entry was written by an interrupted restore.
 */
export async function recordRestore(
  persistence: Persistence<'auditLog' | 'people'>,
  { id, takenAt, release }: Pick<BackupManifest, 'id' | 'takenAt' | 'release'>,
): Promise<void> {
  await persistence.transaction(async (tx) => {
    const isRecorded = await tx.auditLog.list({}, { actions: [action], targetId: id }).count(1);
    if (isRecorded > 0) return;
    for (const organizationId of await tx.people.listOrganizationIds())
      await recordChange(tx, {
        organizationId,
        action,
        target: { kind: 'backup', id, name: id },
        before: null,
        after: { taken_at: takenAt, version: release },
      });
  });
}
