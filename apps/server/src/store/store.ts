import type { OnWake } from '../platform/loops.ts';
import type { Database, Queryable, TransactionOptions } from './postgres/pool.ts';
import { createAlertEventStore } from './postgres/alerts/alert-events.ts';
import { createAlertIncidentStore } from './postgres/alerts/alert-incidents.ts';
import { createAlertJobMuteStore } from './postgres/alerts/alert-job-mutes.ts';
import { createAlertRuleStore } from './postgres/alerts/alert-rules.ts';
import { createAlertSourceStore } from './postgres/alerts/alert-sources.ts';
import { createAlertChannelStore } from './postgres/alerts/alert-channels.ts';
import { createEventDeliveryStore } from './postgres/events/event-deliveries.ts';
import { createEventStore } from './postgres/events/events.ts';
import { createEventSubscriptionStore } from './postgres/events/event-subscriptions.ts';
import { createAlertDeliveryStore } from './postgres/alerts/alert-deliveries.ts';
import { createAuditLogStore } from './postgres/audit/audit-log.ts';
import { createAppPortStore } from './postgres/apps/app-ports.ts';
import { createAppStore } from './postgres/apps/apps.ts';
import { createAccountStore } from './postgres/sign-in/accounts.ts';
import { createAttemptStore } from './postgres/attempts/attempts.ts';
import { createBackupStore } from './postgres/backups/backups.ts';
import { createBackfillStore } from './postgres/backfills/backfills.ts';
import { createBackfillWindowStore } from './postgres/backfills/backfill-windows.ts';
import { createBrowserSessionStore } from './postgres/sign-in/browser-sessions.ts';
import { createChangeStore } from './postgres/live/changes.ts';
import { createClaimStore } from './postgres/attempts/claims.ts';
import { createDatabaseStateStore } from './postgres/doctor/database-state.ts';
import { createEnvironmentStore } from './postgres/environments/environments.ts';
import { createCiphertextStore } from './postgres/secret-keys/ciphertexts.ts';
import { createInstallationStore } from './postgres/installation.ts';
import { createInvitationMailStore } from './postgres/people/invitation-mails.ts';
import { createInvitationStore } from './postgres/people/invitations.ts';
import { createJobCoverageStore } from './postgres/backfills/job-coverage.ts';
import { createJobOverviewStore } from './postgres/jobs/job-overviews.ts';
import { createJobRunStore } from './postgres/runs/job-runs.ts';
import { createJobStore } from './postgres/jobs/jobs.ts';
import { createLocalDataStore } from './postgres/local-data/local-data.ts';
import { createLogChunkStore } from './postgres/logs/log-chunks.ts';
import { createOneTimeLinkStore } from './postgres/sign-in/one-time-links.ts';
import { createKeyStore } from './postgres/keys/keys.ts';
import { createManifestBuildStore } from './postgres/jobs/manifest-builds.ts';
import { createMemberStore } from './postgres/people/members.ts';
import { createNextStartStore } from './postgres/scheduling/next-starts.ts';
import { createOrganizationLimitStore } from './postgres/workspaces/organization-limits.ts';
import { createOrganizationStorageStore } from './postgres/workspaces/organization-storage.ts';
import { createOutboxStore, wakeChannel } from './postgres/outbox.ts';
import { createOwnershipStore } from './postgres/workspaces/ownership.ts';
import { createConfigurationStore, createDeploymentStore } from './postgres/versions/packages.ts';
import { createLineageStore } from './postgres/lineage/lineage.ts';
import { createPeopleStore } from './postgres/people/people.ts';
import { createPipelineCheckStore } from './postgres/pipelines/pipeline-checks.ts';
import { createRepeatedLoadStore } from './postgres/pipelines/repeated-loads.ts';
import { createPendingPackageStore } from './postgres/pipelines/pending-packages.ts';
import { createPipelineFolderStore } from './postgres/pipelines/pipeline-folders.ts';
import { createPipelineHoldStore } from './postgres/pipelines/pipeline-holds.ts';
import { createPipelineOverviewStore } from './postgres/pipelines/pipeline-overviews.ts';
import { createDeferredStartStore } from './postgres/runs/deferred-starts.ts';
import { createFollowedRunStore } from './postgres/runs/followed-runs.ts';
import { createRunOverviewStore } from './postgres/runs/run-overviews.ts';
import { createRunQueueStore } from './postgres/runs/run-queue.ts';
import { createRunCountStore } from './postgres/runs/run-counts.ts';
import { createSavedViewStore } from './postgres/runs/saved-views.ts';
import { createRunSeriesStore } from './postgres/runs/run-series.ts';
import { createTimelineStore } from './postgres/runs/timeline.ts';
import { createWorkspaceHealthStore } from './postgres/workspaces/workspace-health.ts';
import { createScheduleStore } from './postgres/scheduling/schedules.ts';
import { createSchemaChangeStore } from './postgres/pipelines/schema-changes.ts';
import { createSchemaVersionStore } from './postgres/pipelines/schema-versions.ts';
import { createCostStore } from './postgres/cost/costs.ts';
import { createSizeRateStore } from './postgres/cost/size-rates.ts';
import { createSessionStore } from './postgres/sign-in/sessions.ts';
import { createSignInFailureStore } from './postgres/sign-in/sign-in-failures.ts';
import { createSignInRequestStore } from './postgres/sign-in/sign-in-requests.ts';
import { createStatisticsStore } from './postgres/pipelines/statistics.ts';
import { createStorageStore } from './postgres/retention/storage.ts';
import { createSupervisorStore } from './postgres/attempts/supervisors.ts';
import { createDataSearchStore } from './postgres/pipelines/data-search.ts';
import { createTableStore } from './postgres/pipelines/tables.ts';
import { createMaskedNameStore } from './postgres/telemetry/masked-names.ts';
import { createTelemetryStore } from './postgres/telemetry/telemetry.ts';
import { createUnknownRunStore } from './postgres/attempts/unknown-runs.ts';
import { createUsageStore } from './postgres/workspaces/usage.ts';
import { createVariableStore } from './postgres/variables/variables.ts';
import { createWaitStore } from './postgres/runs/waits.ts';
import { createWebhookStore } from './postgres/webhooks/webhooks.ts';
import { createWorkerStore } from './postgres/workers/workers.ts';
import { createWorkspaceStore } from './postgres/workspaces/workspaces.ts';
import { createSecretKeyStore } from './postgres/secret-keys/secret-keys.ts';
import { createServerStore } from './postgres/secret-keys/servers.ts';

const creators = {
  installation: createInstallationStore,
  databaseState: createDatabaseStateStore,
  secretKeys: createSecretKeyStore,
  servers: createServerStore,
  ciphertexts: createCiphertextStore,
  people: createPeopleStore,
  accounts: createAccountStore,
  members: createMemberStore,
  invitations: createInvitationStore,
  invitationMails: createInvitationMailStore,
  keys: createKeyStore,
  sessions: createSessionStore,
  browserSessions: createBrowserSessionStore,
  signInFailures: createSignInFailureStore,
  oneTimeLinks: createOneTimeLinkStore,
  signInRequests: createSignInRequestStore,
  organizationLimits: createOrganizationLimitStore,
  organizationStorage: createOrganizationStorageStore,
  unknownRuns: createUnknownRunStore,
  usage: createUsageStore,
  costs: createCostStore,
  sizeRates: createSizeRateStore,
  workers: createWorkerStore,
  workspaces: createWorkspaceStore,
  deployments: createDeploymentStore,
  configurations: createConfigurationStore,
  jobs: createJobStore,
  jobRuns: createJobRunStore,
  jobCoverage: createJobCoverageStore,
  backups: createBackupStore,
  backfills: createBackfillStore,
  backfillWindows: createBackfillWindowStore,
  manifestBuilds: createManifestBuildStore,
  jobOverviews: createJobOverviewStore,
  runOverviews: createRunOverviewStore,
  runCounts: createRunCountStore,
  runSeries: createRunSeriesStore,
  savedViews: createSavedViewStore,
  timeline: createTimelineStore,
  workspaceHealth: createWorkspaceHealthStore,
  runQueue: createRunQueueStore,
  claims: createClaimStore,
  waits: createWaitStore,
  supervisors: createSupervisorStore,
  schedules: createScheduleStore,
  nextStarts: createNextStartStore,
  deferredStarts: createDeferredStartStore,
  followedRuns: createFollowedRunStore,
  attempts: createAttemptStore,
  localData: createLocalDataStore,
  logChunks: createLogChunkStore,
  environments: createEnvironmentStore,
  tables: createTableStore,
  dataSearch: createDataSearchStore,
  telemetry: createTelemetryStore,
  maskedNames: createMaskedNameStore,
  pipelineChecks: createPipelineCheckStore,
  pendingPackages: createPendingPackageStore,
  repeatedLoads: createRepeatedLoadStore,
  pipelineFolders: createPipelineFolderStore,
  pipelineHolds: createPipelineHoldStore,
  pipelineOverviews: createPipelineOverviewStore,
  lineage: createLineageStore,
  schemaVersions: createSchemaVersionStore,
  schemaChanges: createSchemaChangeStore,
  statistics: createStatisticsStore,
  variables: createVariableStore,
  webhooks: createWebhookStore,
  outbox: createOutboxStore,
  storage: createStorageStore,
  ownership: createOwnershipStore,
  auditLog: createAuditLogStore,
  changes: createChangeStore,
  alertRules: createAlertRuleStore,
  alertIncidents: createAlertIncidentStore,
  alertJobMutes: createAlertJobMuteStore,
  alertEvents: createAlertEventStore,
  alertSources: createAlertSourceStore,
  apps: createAppStore,
  appPorts: createAppPortStore,
  alertChannels: createAlertChannelStore,
  alertDeliveries: createAlertDeliveryStore,
  events: createEventStore,
  eventSubscriptions: createEventSubscriptionStore,
  eventDeliveries: createEventDeliveryStore,
};

/** All resources, on the database or in one open transaction. The SQL is in `postgres/<resource>.ts`. */
export type Store = { [Name in keyof typeof creators]: ReturnType<(typeof creators)[Name]> };

export function createStore(sql: Queryable): Store {
  const made = Object.entries(creators).map(([name, create]) => [name, create(sql)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the entries are those of the creators
  return Object.fromEntries(made) as Store;
}

/** Creates each resource at its first use: a transaction uses a few of them. */
function createStoreOfTransaction(sql: Queryable): Store {
  const made: Partial<Record<string, unknown>> = {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the proxy has what the creators make
  return new Proxy(made, {
    get(_, name) {
      if (!isResource(name)) return undefined;
      return (made[name] ??= creators[name](sql));
    },
  }) as Store;
}

const isResource = (name: string | symbol): name is keyof Store =>
  typeof name === 'string' && Object.hasOwn(creators, name);

/** The store outside of a transaction, and transactions. */
export interface Persistence<Names extends keyof Store = keyof Store> {
  store: Pick<Store, Names>;
  /**
   * Runs `work` in one transaction. After a deadlock it runs again, so it must have no effects outside of the
   * store.
   * @throws LockTimeoutError when a statement has waited for `lockTimeoutMs`
   */
  transaction<T>(work: (store: Pick<Store, Names>) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Calls `onWake` when any server commits work, with the kind of the event (`schedules` if ticks changed,
   * `queue` if runs were queued or limits changed, `mail` if mail must be sent), and with undefined after a
   * lost connection, because signals may have been missed.
   */
  onWake: OnWake;
}

export function createPersistence(database: Database): Persistence {
  return {
    store: createStore(database),
    transaction: (work, options) => database.transaction((tx) => work(createStoreOfTransaction(tx)), options),
    async onWake(onWake) {
      const subscription = await database.listen(wakeChannel, onWake);
      return subscription;
    },
  };
}
