import type { Database, Queryable } from './postgres/pool.ts';
import { createAuditLogStore } from './postgres/audit-log.ts';
import { createAppPortStore } from './postgres/app-ports.ts';
import { createAppStore } from './postgres/apps.ts';
import { createAccountStore } from './postgres/accounts.ts';
import { createAttemptStore } from './postgres/attempts.ts';
import { createBrowserSessionStore } from './postgres/browser-sessions.ts';
import { createChangeStore } from './postgres/changes.ts';
import { createCiphertextStore } from './postgres/ciphertexts.ts';
import { createClaimStore } from './postgres/claims.ts';
import { createEnvironmentStore } from './postgres/environments.ts';
import { createInstallationStore } from './postgres/installation.ts';
import { createInvitationMailStore } from './postgres/invitation-mails.ts';
import { createInvitationStore } from './postgres/invitations.ts';
import { createJobOverviewStore } from './postgres/job-overviews.ts';
import { createJobRunStore } from './postgres/job-runs.ts';
import { createJobStore } from './postgres/jobs.ts';
import { createOneTimeLinkStore } from './postgres/one-time-links.ts';
import { createKeyStore } from './postgres/keys.ts';
import { createMemberStore } from './postgres/members.ts';
import { createNextStartStore } from './postgres/next-starts.ts';
import { createOrganizationLimitStore } from './postgres/organization-limits.ts';
import { createOrganizationStorageStore } from './postgres/organization-storage.ts';
import { createOutboxStore, wakeChannel } from './postgres/outbox.ts';
import { createOwnershipStore } from './postgres/ownership.ts';
import { createConfigurationStore, createDeploymentStore } from './postgres/packages.ts';
import { createPeopleStore } from './postgres/people.ts';
import { createPipelineOverviewStore } from './postgres/pipeline-overviews.ts';
import { createPromisedStartStore } from './postgres/promised-starts.ts';
import { createRunOverviewStore } from './postgres/run-overviews.ts';
import { createRunQueueStore } from './postgres/run-queue.ts';
import { createRunSeriesStore } from './postgres/run-series.ts';
import { createWorkspaceHealthStore } from './postgres/workspace-health.ts';
import { createScheduleStore } from './postgres/schedules.ts';
import { createSchemaChangeStore } from './postgres/schema-changes.ts';
import { createSchemaVersionStore } from './postgres/schema-versions.ts';
import { createSecretKeyStore } from './postgres/secret-keys.ts';
import { createServerStore } from './postgres/servers.ts';
import { createSessionStore } from './postgres/sessions.ts';
import { createSignInFailureStore } from './postgres/sign-in-failures.ts';
import { createSignInRequestStore } from './postgres/sign-in-requests.ts';
import { createStatisticsStore } from './postgres/statistics.ts';
import { createStorageStore } from './postgres/storage.ts';
import { createSupervisorStore } from './postgres/supervisors.ts';
import { createTelemetryStore } from './postgres/telemetry.ts';
import { createUnknownRunStore } from './postgres/unknown-runs.ts';
import { createUsageStore } from './postgres/usage.ts';
import { createVariableStore } from './postgres/variables.ts';
import { createWaitStore } from './postgres/waits.ts';
import { createWebhookStore } from './postgres/webhooks.ts';
import { createWorkspaceStore } from './postgres/workspaces.ts';

/** Every resource, over the database or over one open transaction. The SQL is in `postgres/<resource>.ts`. */
export type Store = ReturnType<typeof createStore>;

export function createStore(sql: Queryable) {
  return {
    installation: createInstallationStore(sql),
    secretKeys: createSecretKeyStore(sql),
    servers: createServerStore(sql),
    ciphertexts: createCiphertextStore(sql),
    people: createPeopleStore(sql),
    accounts: createAccountStore(sql),
    members: createMemberStore(sql),
    invitations: createInvitationStore(sql),
    invitationMails: createInvitationMailStore(sql),
    keys: createKeyStore(sql),
    sessions: createSessionStore(sql),
    browserSessions: createBrowserSessionStore(sql),
    signInFailures: createSignInFailureStore(sql),
    oneTimeLinks: createOneTimeLinkStore(sql),
    signInRequests: createSignInRequestStore(sql),
    organizationLimits: createOrganizationLimitStore(sql),
    organizationStorage: createOrganizationStorageStore(sql),
    unknownRuns: createUnknownRunStore(sql),
    usage: createUsageStore(sql),
    workspaces: createWorkspaceStore(sql),
    deployments: createDeploymentStore(sql),
    configurations: createConfigurationStore(sql),
    jobs: createJobStore(sql),
    jobRuns: createJobRunStore(sql),
    jobOverviews: createJobOverviewStore(sql),
    runOverviews: createRunOverviewStore(sql),
    runSeries: createRunSeriesStore(sql),
    workspaceHealth: createWorkspaceHealthStore(sql),
    runQueue: createRunQueueStore(sql),
    claims: createClaimStore(sql),
    waits: createWaitStore(sql),
    supervisors: createSupervisorStore(sql),
    schedules: createScheduleStore(sql),
    nextStarts: createNextStartStore(sql),
    promisedStarts: createPromisedStartStore(sql),
    attempts: createAttemptStore(sql),
    environments: createEnvironmentStore(sql),
    telemetry: createTelemetryStore(sql),
    pipelineOverviews: createPipelineOverviewStore(sql),
    schemaVersions: createSchemaVersionStore(sql),
    schemaChanges: createSchemaChangeStore(sql),
    statistics: createStatisticsStore(sql),
    variables: createVariableStore(sql),
    webhooks: createWebhookStore(sql),
    outbox: createOutboxStore(sql),
    storage: createStorageStore(sql),
    ownership: createOwnershipStore(sql),
    auditLog: createAuditLogStore(sql),
    changes: createChangeStore(sql),
    apps: createAppStore(sql),
    appPorts: createAppPortStore(sql),
  };
}

/** The store outside a transaction, and the way into one. */
export interface Persistence {
  store: Store;
  /** Runs `work` in one transaction; after a deadlock it runs again, so it must do nothing outside the store. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /**
   * Calls `onWake` when work was committed by any server, with the kind of its event (`schedules` when ticks were changed, `queue`
   * when runs wait for room or limits were changed, `mail` when mail is to be sent), and after a
   * lost connection, with undefined: anything may have happened meanwhile.
   */
  onWake(onWake: (kind: string | undefined) => void): Promise<{ close(): Promise<void> }>;
}

export function createPersistence(database: Database): Persistence {
  return {
    store: createStore(database),
    transaction: (work) => database.transaction((tx) => work(createStore(tx))),
    async onWake(onWake) {
      const subscription = await database.listen(wakeChannel, onWake);
      return subscription;
    },
  };
}
