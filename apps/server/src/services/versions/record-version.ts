import type { ConfigurationRecord, DeploymentRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { recordChange } from '../audit/audit.ts';

export type StoredVersion = DeploymentRecord | ConfigurationRecord;

/**
 * Records that a version of code or configuration was created. For a configuration without the hash: with all
 * files known but one short secret, the hash would allow guessing that secret.
 * @param from the older version with the same content
 */
export function recordVersion(
  store: Pick<Store, 'auditLog'>,
  kind: 'deployment' | 'configuration',
  verb: 'upload' | 'roll-back',
  made: StoredVersion,
  from?: { version: number },
): Promise<void> {
  const { id, workspaceId, version, contentHash, fileCount, sizeBytes } = made;
  return recordChange(store, {
    workspaceId,
    action: `${kind}.${verb}`,
    target: { kind, id, name: `version ${version}` },
    before: null,
    after: {
      version,
      file_count: fileCount,
      size_bytes: sizeBytes,
      ...(kind === 'deployment' && { content_hash: contentHash }),
      ...(from && { content_of_version: from.version }),
    },
  });
}
