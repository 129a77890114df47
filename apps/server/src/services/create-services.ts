import type { AppOrigins } from './apps/app-addresses.ts';
import type { ArchiveLimits } from '../archives/inspect-archive.ts';
import type { Encryption } from '../platform/encryption.ts';
import type { Executor } from '../executors/executor.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { SignRead } from '../blobs/s3/signed-reads.ts';
import type { OutboundHttp } from '../outbound/outbound-http.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { OpenIdSettings } from './sign-in/open-id.ts';
import type { Passwords } from './sign-in/passwords.ts';
import type { Persistence } from '../store/store.ts';
import type { Playground } from './playground/playground.ts';
import type { PortRange } from '../domain/primitives/port-range.ts';
import type { PendingLimits } from '../domain/pipelines/pending-packages.ts';
import { defaultPendingLimits } from '../domain/pipelines/pending-packages.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import type { RetentionPorts } from './retention/create-retention-services.ts';
import type { RunPorts } from './runs/create-run-services.ts';
import { createAlertServices } from './alerts/create-alert-services.ts';
import type { LineageSender } from '../openlineage/lineage-event.ts';
import type { SpanSender } from '../traces/span.ts';
import { createAdvanceBackfills } from './backfills/advance-backfills.ts';
import { createAppServices } from './apps/apps.ts';
import { createAttemptLocalData } from './local-data/attempt-local-data.ts';
import { createEnvironmentArchives } from './environments/environment-archives.ts';
import { createAttemptSecrets } from './attempts/attempt-secrets.ts';
import { createAuthenticateAttempt } from './attempts/authenticate-attempt.ts';
import { createAuthenticateWorker } from './workers/authenticate-worker.ts';
import { createAuthorize, createOwnsInstallation } from './people/authorize.ts';
import { createBeginAttempt } from './attempts/begin-attempt.ts';
import { createBrowserSignIn } from './sign-in/browser-sign-in.ts';
import { createChangeBackfills } from './backfills/change-backfills.ts';
import { createChangeFeed } from './live/change-feed.ts';
import { createChannelServices } from './alerts/create-channel-services.ts';
import { createCompareRunLogs } from './runs/compare-run-logs.ts';
import { createCompareRuns } from './runs/compare-runs.ts';
import { createCompareJobCode } from './versions/compare-job-code.ts';
import { createCreateBackfills } from './backfills/create-backfills.ts';
import { createCredentials } from './sign-in/credentials.ts';
import { createDeploy } from './jobs/deploy.ts';
import { createDownloadLog } from './logs/download-log.ts';
import { createFollowEvents } from './live/follow-events.ts';
import { createGrantPlayground } from './playground/grant-playground.ts';
import { createIngestTelemetry } from './telemetry/ingest-telemetry.ts';
import { createHoldPipelines } from './pipelines/hold-pipelines.ts';
import { createInvitations } from './people/invitations.ts';
import { createJobWindows } from './backfills/job-windows.ts';
import { createJobVersions } from './jobs/job-versions.ts';
import { createPackageVersions } from './versions/package-versions.ts';
import { createKeys } from './keys/keys.ts';
import { createLocalDataObjects } from './local-data/local-data-objects.ts';
import { createMembers } from './people/members.ts';
import { createNameSlots } from './runs/name-slots.ts';
import { createNoteWorkerWaits } from './workers/note-worker-waits.ts';
import { createOpenRunLog } from './logs/open-run-log.ts';
import { createOrganizationLimits } from './workspaces/organization-limits.ts';
import { createOrganizations } from './workspaces/organizations.ts';
import { createReadBackfills } from './backfills/read-backfills.ts';
import { createReadAuditLog } from './audit/read-audit-log.ts';
import { createReadJobGraph } from './jobs/read-job-graph.ts';
import { createReadLineage } from './lineage/read-lineage.ts';
import { createReadJobOverviews } from './jobs/read-job-overviews.ts';
import { createReadJobRuns } from './runs/read-job-runs.ts';
import { createReadJobs } from './jobs/read-jobs.ts';
import { createReadBacklog } from './runs/read-backlog.ts';
import { createReadLoad } from './runs/read-load.ts';
import { createReadLivePosition } from './live/read-live-position.ts';
import { createReadLogLines } from './logs/read-log-lines.ts';
import { createReadLogs } from './logs/read-logs.ts';
import { createReadNextStarts } from './scheduling/read-next-starts.ts';
import { createReadNextTicks } from './scheduling/read-next-ticks.ts';
import { createReadScheduleDays } from './scheduling/read-schedule-days.ts';
import { createReadOrganizationStorage } from './workspaces/read-organization-storage.ts';
import { createPipelineFolders } from './pipelines/pipeline-folders.ts';
import { createReadPipelines } from './pipelines/read-pipelines.ts';
import { createReadRunResources } from './runs/read-run-resources.ts';
import { createReadRunTimeline } from './runs/read-run-timeline.ts';
import { createReadRunChanges } from './runs/read-run-changes.ts';
import { createReadRunOverviews } from './runs/read-run-overviews.ts';
import { createRunListServices } from './runs/create-run-list-services.ts';
import { createReadTimeline } from './runs/read-timeline.ts';
import { createReadSchemas } from './pipelines/read-schemas.ts';
import { createReadTelemetry } from './telemetry/read-telemetry.ts';
import { createReadOrganizationTemplates } from './workspaces/read-organization-templates.ts';
import { createReadTickLag } from './scheduling/read-tick-lag.ts';
import { createCostRates } from './cost/cost-rates.ts';
import { createReadCost } from './cost/read-cost.ts';
import { createReadUsage, createReadUsageParts } from './workspaces/read-usage.ts';
import { createInstruments } from '../platform/instruments.ts';
import { createReadWorkspaceHealth } from './workspaces/read-workspace-health.ts';
import { createPipelineServices } from './pipelines/create-pipeline-services.ts';
import { createPendingPackages } from './pipelines/pending-packages.ts';
import { createRecordSpool } from './attempts/record-spool.ts';
import { createReleaseQueued } from './runs/release-queued.ts';
import { createReportLineage } from './lineage/report-lineage.ts';
import { createReportRuns } from './runs/report-runs.ts';
import { createRetentionServices } from './retention/create-retention-services.ts';
import { createRunServices } from './runs/create-run-services.ts';
import { createRunFollowers } from './runs/run-followers.ts';
import { createRunVariables } from './variables/run-variables.ts';
import { createSearchLog } from './logs/search-log.ts';
import { createSendInvitationMails } from './people/send-invitation-mails.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import { createSwitchJobs } from './jobs/switch-jobs.ts';
import { createTakeDelivery } from './webhooks/take-delivery.ts';
import { createReportWaits } from './runs/report-waits.ts';
import { createVersionServices } from './versions/create-version-services.ts';
import { createVariables } from './variables/variables.ts';
import { createWebhooks } from './webhooks/webhooks.ts';
import { createWorkers } from './workers/workers.ts';
import { createWorkspaceMembers } from './people/workspace-members.ts';
import { createWorkspaces } from './workspaces/workspaces.ts';

/** The addresses of this server. They are functions because port 0 is resolved only once it listens. */
export interface ServerAddresses {
  /** Where users sign in. */
  serverUrl: () => string;
  /** Where user code reaches the API; read when a run begins. */
  apiUrl: () => string;
  appOrigins: () => AppOrigins;
}

/** The settings that services follow. */
export interface ServiceSettings {
  instanceSizes: InstanceSizes;
  archiveLimits: ArchiveLimits;
  retention: RetentionLimits;
  /** The defaults of the domain, if undefined. */
  pendingPackages?: PendingLimits;
  /** Null if no provider is configured. */
  openId: OpenIdSettings | null;
  /** The ports of apps; null if apps use host names. */
  appPorts: PortRange | null;
  /** Where events for PagerDuty go; null for its service regions. */
  pagerDutyUrl: string | null;
  /** How often to check that subscribers to events still have access; 30 s by default. */
  streamCheckMs?: number;
  /** How long incidents of one alert rule are gathered into one message; 15 s by default. */
  alertGatherMs?: number;
  /** Idle time of an event stream before a keep-alive message is sent; 15 s by default. */
  streamIdleMs?: number;
}

/** Everything that services need from outside. Servers, fixtures and the simulation differ only in these. */
export interface ServicePorts extends RunPorts, Omit<RetentionPorts, 'pendingLimits'> {
  persistence: Persistence;
  encryption: Encryption;
  executor: Executor;
  passwords: Passwords;
  /** Null if no mail server is configured. */
  mailer: Mailer | null;
  /** Sends requests to addresses that users chose. */
  outbound: OutboundHttp;
  /** Absent: attempts read all archives through the server. */
  signRead?: SignRead | null;
  /** Absent: runs have no playground. */
  playground?: Playground | null;
  addresses: ServerAddresses;
  settings: ServiceSettings;
  /** Absent: instruments of its own, which no one reads. */
  instruments?: Instruments;
  /** Absent or null: no traces are sent. */
  traces?: SpanSender | null;
  /** Absent or null: no lineage events are sent. */
  lineage?: LineageSender | null;
}

export type Services = ReturnType<typeof createServices>;

/**
 * Creates every service of a server, once: their caches and change feeds are shared by all its listeners and
 * loops.
 */
export function createServices(ports: ServicePorts) {
  const { persistence, encryption, blobs, logFiles, clock, now, faultPoints, log } = ports;
  const { passwords, mailer, outbound, executor, addresses, settings } = ports;
  const { instruments = createInstruments(), traces = null, lineage = null } = ports;
  const runServices = createRunServices(ports);
  const { attemptLog, startRuns, finishRun, cancelRuns } = runServices;
  const credentials = createCredentials(persistence, encryption);
  const attemptSecrets = createAttemptSecrets(encryption);
  const authorize = createAuthorize(persistence);
  const signIn = createSignIn({ persistence, credentials, encryption });
  const invitations = createInvitations({ persistence, encryption, sendsMail: mailer !== null });
  const webhooks = createWebhooks(persistence, encryption);
  const packageVersions = createPackageVersions(persistence.store);
  const ingestTelemetry = createIngestTelemetry({ persistence, packageVersions, blobs, log });
  const readRunVariables = createRunVariables(persistence, encryption);
  const jobVersions = createJobVersions(persistence.store);
  const readRunOverviews = createReadRunOverviews(persistence);
  const openRunLog = createOpenRunLog({ persistence, logFiles });
  const readLogLines = createReadLogLines(openRunLog);
  const executorName = executor.name;
  const reportWaits = createReportWaits({ persistence, attemptLog, executorName });
  const localDataObjects = createLocalDataObjects({ persistence, blobs });
  const pendingLimits = settings.pendingPackages ?? defaultPendingLimits;
  const readPipelines = createReadPipelines(persistence, now);
  const holdPipelines = createHoldPipelines(persistence, packageVersions);
  const readTickLag = createReadTickLag(persistence, clock);
  const readOrganizationStorage = createReadOrganizationStorage(persistence, settings.retention);
  const compareRuns = createCompareRuns(persistence, jobVersions);
  const compareJobCode = createCompareJobCode({ persistence, blobs });
  const readSchemas = createReadSchemas(persistence);
  const { openId } = settings;

  return {
    clock,
    ...runServices,
    ...createRetentionServices({ ...ports, pendingLimits }),

    // Sign-in, people and keys
    credentials,
    authorize,
    ownsInstallation: createOwnsInstallation(persistence),
    signIn,
    ...createBrowserSignIn({ persistence, encryption, passwords, sessions: signIn.sessions, openId, log }),
    invitations,
    sendInvitationMails: mailer && createSendInvitationMails({ persistence, encryption, mailer, log }),
    members: createMembers(persistence),
    workspaceMembers: createWorkspaceMembers(persistence),
    keys: createKeys(persistence, credentials.forget),
    readAuditLog: createReadAuditLog(persistence),

    // Organizations and workspaces
    organizations: createOrganizations(persistence),
    organizationLimits: createOrganizationLimits(persistence),
    readOrganizationStorage,
    readOrganizationTemplates: createReadOrganizationTemplates(persistence, executor.templates ?? null),
    readUsage: createReadUsage(persistence),
    readUsageParts: createReadUsageParts(persistence),
    readCost: createReadCost(persistence, settings.instanceSizes),
    costRates: createCostRates(persistence),
    workspaces: createWorkspaces(persistence, cancelRuns, clock),
    readWorkspaceHealth: createReadWorkspaceHealth(persistence),
    variables: createVariables(persistence, encryption),
    readRunVariables,
    webhooks,
    takeDelivery: createTakeDelivery({ persistence, webhooks, startRuns, clock }),

    ...createChannelServices({
      persistence,
      encryption,
      outbound,
      mailer,
      faultPoints,
      instruments,
      now,
      log,
      pagerDutyUrl: settings.pagerDutyUrl,
      serverUrl: addresses.serverUrl,
    }),

    // Versions
    packageVersions,
    ...createVersionServices({
      persistence,
      blobs,
      encryption,
      archiveLimits: settings.archiveLimits,
      credentials,
      startRuns,
    }),

    // Jobs and scheduling
    jobVersions,
    deploy: createDeploy(persistence, cancelRuns, { startRuns, webhooks }),
    switchJobs: createSwitchJobs(persistence, cancelRuns, clock),
    readJobs: createReadJobs(persistence, jobVersions),
    readJobGraph: createReadJobGraph(persistence, jobVersions),
    readLineage: createReadLineage(persistence, readPipelines),
    readJobOverviews: createReadJobOverviews(persistence, readRunOverviews),
    readNextStarts: createReadNextStarts(persistence, clock),
    readNextTicks: createReadNextTicks(persistence, clock),
    readScheduleDays: createReadScheduleDays(persistence, clock),
    readTickLag,

    // Backfills
    advanceBackfills: createAdvanceBackfills(persistence, startRuns, { clock, faultPoints }),
    createBackfills: createCreateBackfills(persistence, clock),
    changeBackfills: createChangeBackfills(persistence, cancelRuns),
    readBackfills: createReadBackfills(persistence),
    jobWindows: createJobWindows(persistence, clock),

    // Workers
    authenticateWorker: createAuthenticateWorker(persistence),
    workers: createWorkers(persistence),
    noteWorkerWaits: createNoteWorkerWaits(persistence, reportWaits),

    // Runs and attempts
    attemptSecrets,
    authenticateAttempt: createAuthenticateAttempt(persistence, attemptSecrets),
    environmentArchives: createEnvironmentArchives({ persistence, encryption, blobs }),
    beginAttempt: createBeginAttempt({
      persistence,
      jobVersions,
      packageVersions,
      blobs,
      signRead: ports.signRead ?? null,
      encryption,
      credentials,
      readRunVariables,
      grantPlayground: createGrantPlayground({ playground: ports.playground ?? null, attemptLog, log }),
      pendingLimits,
      holdPipelines,
      apiUrl: addresses.apiUrl,
      instanceSizes: settings.instanceSizes,
      traces,
    }),
    recordSpool: createRecordSpool({
      persistence,
      jobVersions,
      packageVersions,
      attemptLog,
      blobs,
      finishRun,
      ingestTelemetry,
      instanceSizes: settings.instanceSizes,
      pendingLimits,
      instruments,
      faultPoints,
    }),
    pendingPackages: createPendingPackages(persistence, startRuns, pendingLimits),
    holdPipelines,
    reportRuns: createReportRuns({
      persistence,
      instruments,
      traces,
      reportLineage: lineage && createReportLineage({ persistence, sender: lineage }),
      log,
    }),
    instruments,
    localDataObjects,
    attemptLocalData: createAttemptLocalData(persistence, localDataObjects, pendingLimits),
    pipelineFolders: createPipelineFolders({ persistence, blobs, limits: pendingLimits }),
    releaseQueued: createReleaseQueued({
      persistence,
      finishRun,
      attemptLog,
      clock,
      reportWaits,
      executorName,
      log,
    }),
    reportWaits,
    readLoad: createReadLoad(persistence),
    readBacklog: createReadBacklog(persistence),
    readJobRuns: createReadJobRuns(persistence, jobVersions),
    readRunOverviews,
    ...createRunListServices(persistence, now),
    readRunResources: createReadRunResources(persistence, jobVersions, settings.instanceSizes),
    readRunTimeline: createReadRunTimeline(persistence),
    readTimeline: createReadTimeline(persistence, clock),
    runFollowers: createRunFollowers(persistence),
    nameSlots: createNameSlots(persistence),
    compareRuns,
    readRunChanges: createReadRunChanges({ persistence, compareRuns, compareJobCode, readSchemas }),
    compareRunLogs: createCompareRunLogs({ persistence, logFiles }),

    // Logs and events
    readLogs: createReadLogs({ persistence, attemptLog, logFiles }),
    readLogLines,
    searchLog: createSearchLog(openRunLog),
    downloadLog: createDownloadLog(persistence, openRunLog),
    readLivePosition: createReadLivePosition(persistence),
    followEvents: createFollowEvents({
      persistence,
      authorize,
      log,
      feed: createChangeFeed({ persistence, attemptLog, log }),
      readLogLines,
      ...(settings.streamIdleMs === undefined ? {} : { idleAfterMs: settings.streamIdleMs }),
      ...(settings.streamCheckMs === undefined ? {} : { checkMs: settings.streamCheckMs }),
    }),

    // Pipelines and telemetry
    ingestTelemetry,
    readTelemetry: createReadTelemetry(persistence, blobs),
    readPipelines,
    readSchemas,
    ...createPipelineServices({ persistence, readPipelines, now, log }),

    ...createAlertServices({
      persistence,
      readPipelines,
      readOrganizationStorage,
      readTickLag,
      publicUrl: addresses.serverUrl,
      gatherMs: settings.alertGatherMs,
      instruments,
      faultPoints,
      clock,
      log,
    }),

    apps: createAppServices({
      persistence,
      authorize,
      encryption,
      credentials,
      signIn,
      passwords,
      appPorts: settings.appPorts,
      origins: addresses.appOrigins,
      serverUrl: addresses.serverUrl,
    }),
  };
}
