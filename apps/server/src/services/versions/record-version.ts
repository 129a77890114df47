import type { ConfigurationRecord, DeploymentRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { recordChange } from '../audit/audit.ts';

export type StoredVersion = DeploymentRecord | ConfigurationRecord;

/**
 * Writes down that a version of code or configuration was made. Of a configuration no hash: who knows its files but for one short
 * secret could find that secret by trying.
 * @param from the older version whose content it has
 */
export function recordVersion(
  store: Store,
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
