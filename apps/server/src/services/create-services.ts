import type { ServicePorts } from './service-ports.ts';
import { defaultPendingLimits } from '../domain/pipelines/pending-packages.ts';
import { createAlertServices } from './alerts/create-alert-services.ts';
import { createAdvanceBackfills } from './backfills/advance-backfills.ts';
import { createAppServices } from './apps/apps.ts';
import { createAttemptLocalData } from './local-data/attempt-local-data.ts';
import { createEnvironmentArchives } from './environments/environment-archives.ts';
import { createReadPackageSources } from './environments/read-package-sources.ts';
import { createAttemptSecrets } from './attempts/attempt-secrets.ts';
import { createAuthenticateAttempt } from './attempts/authenticate-attempt.ts';
import { createAuthenticateWorker } from './workers/authenticate-worker.ts';
import { createAuthorize, createOwnsInstallation } from './people/authorize.ts';
import { createBeginAttempt } from './attempts/begin-attempt.ts';
import { createBrowserSignIn } from './sign-in/browser-sign-in.ts';
import { createChangeBackfills } from './backfills/change-backfills.ts';
import { createChangeFeed } from './live/change-feed.ts';
import { createCheckInputs } from './inputs/check-inputs.ts';
import { createGetJobInputs } from './inputs/get-job-inputs.ts';
import { createReadJobInputs } from './inputs/read-job-inputs.ts';
import { createChannelServices } from './alerts/create-channel-services.ts';
import { createCompareRunLogs } from './runs/compare-run-logs.ts';
import { createCompareRuns } from './runs/compare-runs.ts';
import { createCompareJobCode } from './versions/compare-job-code.ts';
import { createCreateBackfills } from './backfills/create-backfills.ts';
import { createCredentials } from './sign-in/credentials.ts';
import { createDeploy } from './jobs/deploy.ts';
import { createWarnOfProprietaryParts } from './jobs/warn-of-proprietary-parts.ts';
import { createWarnOfScheduleInputs } from './inputs/warn-of-schedule-inputs.ts';
import { createWarnOfSecretNames } from './jobs/warn-of-secret-names.ts';
import { createDownloadLog } from './logs/download-log.ts';
import { createEventServices } from './events/create-event-services.ts';
import { createFollowEvents } from './live/follow-events.ts';
import { createGrantPlayground } from './playground/grant-playground.ts';
import { createCheckAttempt } from './pipelines/check-attempt.ts';
import { createRepairMaskedNames } from './telemetry/repair-masked-names.ts';
import { createIngestTelemetry } from './telemetry/ingest-telemetry.ts';
import { createHoldPipelines } from './pipelines/hold-pipelines.ts';
import { createInvitations } from './people/invitations.ts';
import { createJobWindows } from './backfills/job-windows.ts';
import { createJobVersions } from './jobs/job-versions.ts';
import { createPackageVersions } from './versions/package-versions.ts';
import { createKeys } from './keys/keys.ts';
import { createDiskDataFiles } from './local-data/disk-data-files.ts';
import { createLocalDataObjects } from './local-data/local-data-objects.ts';
import { createMemberLocalData } from './local-data/member-local-data.ts';
import { createObjectDataFiles } from './local-data/object-data-files.ts';
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
import { createReadFreshness } from './pipelines/read-freshness.ts';
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
import { createDecideLeftPackages } from './pipelines/decide-left-packages.ts';
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

export type Services = ReturnType<typeof createServices>;

/**
 * Creates every service of a server, once: their caches and change feeds are shared by all its listeners and
 * loops.
 */
export function createServices(ports: ServicePorts) {
  const { persistence, encryption, blobs, logFiles, clock, now, faultPoints, log } = ports;
  const { passwords, mailer, outbound, executor, addresses, settings } = ports;
  const { instruments = createInstruments(), traces = null, lineage = null } = ports;
  const readJobInputs = createReadJobInputs({ persistence, blobs });
  const runServices = createRunServices({ ...ports, checkInputs: createCheckInputs(readJobInputs) });
  const { attemptLog, startRuns, finishRun, cancelRuns } = runServices;
  const credentials = createCredentials(persistence, encryption);
  const attemptSecrets = createAttemptSecrets(encryption);
  const authorize = createAuthorize(persistence);
  const signIn = createSignIn({ persistence, credentials, encryption });
  const invitations = createInvitations({ persistence, encryption, sendsMail: mailer !== null });
  const webhooks = createWebhooks(persistence, encryption);
  const packageVersions = createPackageVersions(persistence.store);
  const checkAttempt = createCheckAttempt({ persistence, packageVersions });
  const ingestTelemetry = createIngestTelemetry({ persistence, checkAttempt, blobs, log });
  const readRunVariables = createRunVariables(persistence, encryption);
  const jobVersions = createJobVersions(persistence.store);
  const readRunOverviews = createReadRunOverviews(persistence);
  const openRunLog = createOpenRunLog({ persistence, logFiles });
  const readLogLines = createReadLogLines(openRunLog);
  const executorName = executor.name;
  const reportWaits = createReportWaits({ persistence, attemptLog, executorName });
  const localDataObjects = createLocalDataObjects({ persistence, blobs });
  const objectDataFiles = createObjectDataFiles(persistence, localDataObjects);
  const { localDataFiles } = executor;
  const isOnDisk = localDataFiles !== null && settings.runsAttempts !== false;
  const diskDataFiles = isOnDisk ? createDiskDataFiles(localDataFiles) : null;
  const pendingLimits = settings.pendingPackages ?? defaultPendingLimits;
  const readFreshness = createReadFreshness(persistence, now);
  const holdPipelines = createHoldPipelines(persistence, packageVersions);
  const decideLeftPackages = createDecideLeftPackages(persistence, jobVersions, now);
  const readTickLag = createReadTickLag(persistence, clock);
  const readOrganizationStorage = createReadOrganizationStorage(persistence, settings.readRetention);
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
    deploy: createDeploy(persistence, cancelRuns, {
      startRuns,
      webhooks,
      warnOfScheduleInputs: createWarnOfScheduleInputs(persistence, readJobInputs),
      warnOfProprietaryParts: createWarnOfProprietaryParts(persistence, { blobs }),
      warnOfSecretNames: createWarnOfSecretNames({ persistence, blobs, encryption, readRunVariables }),
    }),
    switchJobs: createSwitchJobs(persistence, cancelRuns, clock),
    readJobs: createReadJobs(persistence, jobVersions),
    getJobInputs: createGetJobInputs(persistence, readJobInputs),
    readJobGraph: createReadJobGraph(persistence, jobVersions),
    readLineage: createReadLineage(persistence, readFreshness),
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
    readPackageSources: createReadPackageSources({ persistence, blobs }),
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
      checkAttempt,
      attemptLog,
      blobs,
      finishRun,
      ingestTelemetry,
      repairMaskedNames: createRepairMaskedNames({ persistence, log }),
      instanceSizes: settings.instanceSizes,
      pendingLimits,
      instruments,
      faultPoints,
    }),
    pendingPackages: createPendingPackages(persistence, startRuns, decideLeftPackages, pendingLimits),
    holdPipelines,
    decideLeftPackages,
    reportRuns: createReportRuns({
      persistence,
      instruments,
      traces,
      reportLineage: lineage && createReportLineage({ persistence, sender: lineage }),
      log,
    }),
    instruments,
    localDataObjects,
    memberLocalData: createMemberLocalData({
      persistence,
      findFiles: () => (executor.capabilities().localDataInObjects ? objectDataFiles : diskDataFiles),
      log,
    }),
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
    readFreshness,
    readSchemas,
    ...createPipelineServices({ persistence, readFreshness, now, log }),

    ...createAlertServices({
      persistence,
      readFreshness,
      readOrganizationStorage,
      readTickLag,
      publicUrl: addresses.serverUrl,
      gatherMs: settings.alertGatherMs,
      instruments,
      faultPoints,
      clock,
      log,
    }),

    ...createEventServices({
      persistence,
      encryption,
      outbound,
      serializers: ports.eventSerializers,
      serverUrl: addresses.serverUrl,
      faultPoints,
      instruments,
      clock,
      now,
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
