/** The types of stored data, for modules that use no SQL. */
export type { ListPosition } from './list-position.ts';
export type * from './postgres/backfills/backfills.ts';
export type * from './postgres/backfills/backfill-windows.ts';
export type * from './postgres/backfills/job-coverage.ts';
export type * from './postgres/sign-in/accounts.ts';
export type * from './postgres/alerts/alert-events.ts';
export type * from './postgres/alerts/alert-incidents.ts';
export type * from './postgres/alerts/alert-job-mutes.ts';
export type * from './postgres/alerts/alert-rules.ts';
export type * from './postgres/alerts/alert-sources.ts';
export type * from './postgres/alerts/alert-channels.ts';
export type * from './postgres/alerts/alert-deliveries.ts';
export type * from './postgres/apps/app-access.ts';
export type * from './postgres/apps/apps.ts';
export type { AdmittedRun, FilesOfAttempt } from './postgres/attempts/admissions.ts';
export type * from './postgres/attempts/attempt-logs.ts';
export type * from './postgres/attempts/attempt-record.ts';
export type * from './postgres/attempts/attempts.ts';
export type * from './postgres/attempts/claim.ts';
export type * from './postgres/sign-in/browser-sessions.ts';
export type * from './postgres/audit/audit-log.ts';
export type * from './postgres/live/changes.ts';
export type {
  ActiveCount,
  ActiveOfWorkspace,
  ClaimableRun,
  ClaimedRun,
  NamedActive,
  WatchedRun,
} from './postgres/attempts/claims.ts';
export type * from './postgres/statements/conditions.ts';
export type * from './postgres/environments/environments.ts';
export type * from './postgres/people/invitation-mails.ts';
export type * from './postgres/people/invitations.ts';
export type * from './postgres/jobs/job-list.ts';
export type * from './postgres/jobs/job-overviews.ts';
export type * from './postgres/runs/job-run-filter.ts';
export type * from './postgres/runs/job-run-list.ts';
export type * from './postgres/runs/job-run-record.ts';
export type * from './postgres/runs/job-runs.ts';
export type * from './postgres/runs/runs-of-jobs.ts';
export type * from './postgres/jobs/jobs.ts';
export type * from './postgres/keys/keys.ts';
export type * from './postgres/jobs/manifest-builds.ts';
export type * from './postgres/statements/keyset.ts';
export type * from './postgres/local-data/local-data.ts';
export type * from './postgres/local-data/local-data-key.ts';
export type { NewLocalDataPart } from './postgres/local-data/local-data-parts.ts';
export type * from './postgres/lineage/lineage.ts';
export type * from './postgres/people/members.ts';
export type * from './postgres/scheduling/next-starts.ts';
export type * from './postgres/workspaces/organization-limits.ts';
export type * from './postgres/workspaces/organization-storage.ts';
export type * from './postgres/outbox.ts';
export type * from './postgres/versions/packages.ts';
export type * from './postgres/people/people.ts';
export type * from './postgres/pipelines/pending-packages.ts';
export type * from './postgres/pipelines/pipeline-folders.ts';
export type * from './postgres/pipelines/pipeline-holds.ts';
export type * from './postgres/pipelines/pipeline-overviews.ts';
export type * from './postgres/pipelines/pipeline-run-list.ts';
export type * from './postgres/runs/deferred-starts.ts';
export type * from './postgres/runs/run-overviews.ts';
export type * from './postgres/runs/run-queue.ts';
export type * from './postgres/runs/run-series.ts';
export type * from './postgres/runs/timeline.ts';
export type * from './postgres/scheduling/schedules.ts';
export type * from './postgres/pipelines/schema-changes.ts';
export type * from './postgres/pipelines/schema-versions.ts';
export type * from './postgres/sign-in/sign-in-failures.ts';
export type * from './postgres/sign-in/sessions.ts';
export type * from './postgres/sign-in/sign-in-requests.ts';
export type * from './postgres/pipelines/statistics.ts';
export type * from './postgres/retention/storage.ts';
export type * from './postgres/retention/stored-item.ts';
export type * from './postgres/retention/storage-environments.ts';
export type * from './postgres/attempts/spools.ts';
export type * from './postgres/attempts/supervisors.ts';
export type * from './postgres/telemetry/telemetry.ts';
export type * from './postgres/workspaces/usage.ts';
export type * from './postgres/variables/variables.ts';
export type * from './postgres/runs/waits.ts';
export type * from './postgres/webhooks/webhooks.ts';
export type * from './postgres/workspaces/workspace-health.ts';
export type * from './postgres/workers/workers.ts';
export type * from './postgres/workspaces/workspaces.ts';
export type * from './postgres/secret-keys/ciphertexts.ts';
export type * from './postgres/secret-keys/servers.ts';
