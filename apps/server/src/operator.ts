/** All that the operator's commands (apps/cli) use of the server. Lint keeps them from importing anything else. */
export { toAuditEntry } from './api/audit/audit-log-serializers.ts';
export { startWorker, type RunningWorker } from './worker/run-worker.ts';
export { openRunServices } from './compose/open-run-services.ts';
export { listMissingPrograms } from './compose/missing-programs.ts';
export { openStorage } from './compose/open-storage.ts';
export { openStore } from './compose/open-store.ts';
export { buildConfig, readConfig, type Config } from './config/config.ts';
export { ConfigError, type SettingProblem } from './config/config-error.ts';
export { formatProblem } from './config/file/open-settings-file.ts';
export { explainOrigins, readSources } from './config/file/read-sources.ts';
export { writeExample } from './config/file/write-example.ts';
export { listValues, type ListedValue } from './config/list-values.ts';
export { isErrorCode } from './platform/error-code.ts';
export { isDiskFull } from './platform/full-disk.ts';
export { readDiskSpace } from './platform/disk-space.ts';
export { adviseFreeSpace, type SpaceInput } from './domain/doctor/data-folder-findings.ts';
export { createLiveConfig, type LiveConfig } from './config/live-config.ts';
export { createServerLog } from './config/server-log.ts';
export { formatBytes } from './domain/primitives/format-bytes.ts';
export {
  formatLimit,
  parseAge,
  limitEachAge,
  retentionKinds,
  type RetentionKind,
  type RetentionLimits,
} from './domain/retention/retention-limits.ts';
export { actAs, recordChange } from './services/audit/audit.ts';
export { createKeys } from './services/keys/keys.ts';
export { createMembers } from './services/people/members.ts';
export type { ClassifiedResource, OrphanCollector, RemovedOrphans } from './services/retention/orphans.ts';
export type { Purged, Retention, StorageReport } from './services/retention/retention.ts';
export { createWorkers } from './services/workers/workers.ts';
export { deriveWorkerState } from './domain/workers/worker-state.ts';
export { formatLabels } from './domain/workers/labels.ts';
export { createAccounts } from './services/sign-in/accounts.ts';
export { createOrganizationLimits } from './services/workspaces/organization-limits.ts';
export type { AuditEntryRecord, ListedWorker } from './store/records.ts';
export type { Persistence } from './store/store.ts';
export { openKeyTokens } from './compose/open-key-tokens.ts';
export { openImageContext } from './compose/open-image-context.ts';
export { openMoveBlobs, type OpenedMove } from './compose/open-move-blobs.ts';
export type { MovedBlobs } from './services/retention/move-blobs.ts';
export { openRotateKey } from './compose/open-rotate-key.ts';
export { makeNewKey, otherKeysFile, removeOtherKeys } from './config/secret-key.ts';
export { identifyKey } from './platform/encryption.ts';
export type { Rotation } from './services/secret-keys/rotate-key.ts';
export { runDoctor } from './compose/doctor/run-doctor.ts';
export {
  checkAreas,
  countResults,
  type CheckArea,
  type CheckResult,
  type CheckStatus,
} from './domain/doctor/check-result.ts';
export { createRecentErrors } from './platform/recent-errors.ts';
export { explainListenError } from './domain/doctor/address-findings.ts';
export { explainDatabaseError } from './domain/doctor/explain-database-error.ts';
export { openBackups, openCreateBackup, restore } from './compose/open-backups.ts';
export { readBackupLocation } from './config/config.ts';
export { readRecipients } from './config/backup-settings.ts';
export { describeLeftOut, sumStoredBytes, type BackupManifest } from './domain/backups/backup-manifest.ts';
export type { BlobsLocation } from './blobs/blobs-location.ts';
export { makeBackupKey, readBackupKeys } from './services/backups/backup-key.ts';
export { BackupError } from './services/backups/backup-errors.ts';
export { upgradeCluster } from './store/postgres/embedded/upgrade-cluster.ts';
export { checkUpgrade } from './compose/upgrades/check-upgrade.ts';
