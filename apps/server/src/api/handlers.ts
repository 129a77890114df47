import type { ApiDependencies } from './dependencies.ts';
import type { Handlers } from './handler.ts';
import { createChangeFeed } from '../services/live/change-feed.ts';
import { createFollowEvents } from '../services/live/follow-events.ts';
import { createInvitationHandlers } from './people/invitations-routes.ts';
import { createAuditLogHandlers } from './audit/audit-log-routes.ts';
import { createIssueUpload } from '../services/versions/issue-upload.ts';
import { createJobVersions } from '../services/jobs/job-versions.ts';
import { createJobVersionHandlers } from './jobs/job-versions-routes.ts';
import { createJobGraphHandlers } from './jobs/job-graphs-routes.ts';
import { createJobHandlers } from './jobs/jobs-routes.ts';
import { createJobRunHandlers } from './runs/job-runs-routes.ts';
import { createKeyHandlers } from './keys/keys-routes.ts';
import { createKeys } from '../services/keys/keys.ts';
import { createLiveEventHandlers } from './live/live-events-routes.ts';
import { createLogRangeHandlers } from './logs/log-ranges-routes.ts';
import { createLogHandlers } from './logs/logs-routes.ts';
import { createMemberHandlers } from './people/members-routes.ts';
import { createMembers } from '../services/people/members.ts';
import { createNextStartHandlers } from './scheduling/next-starts-routes.ts';
import { createOrganizationHandlers } from './workspaces/organizations-routes.ts';
import { createOrganizations } from '../services/workspaces/organizations.ts';
import { createOrganizationLimits } from '../services/workspaces/organization-limits.ts';
import { createOverviewHandlers } from './runs/overviews-routes.ts';
import { createPackageHandlers } from './versions/packages-routes.ts';
import { createReadAuditLog } from '../services/audit/read-audit-log.ts';
import { createReadJobOverviews } from '../services/jobs/read-job-overviews.ts';
import { createReadJobGraph } from '../services/jobs/read-job-graph.ts';
import { createReadJobRuns } from '../services/runs/read-job-runs.ts';
import { createReadJobs } from '../services/jobs/read-jobs.ts';
import { createReadLogs } from '../services/logs/read-logs.ts';
import { createReadNextStarts } from '../services/scheduling/read-next-starts.ts';
import { createReadNextTicks } from '../services/scheduling/read-next-ticks.ts';
import { createCompareRunLogs } from '../services/runs/compare-run-logs.ts';
import { createCompareRuns } from '../services/runs/compare-runs.ts';
import { createReadOrganizationStorage } from '../services/workspaces/read-organization-storage.ts';
import { createReadPackages } from '../services/versions/read-packages.ts';
import { createReadPipelines } from '../services/pipelines/read-pipelines.ts';
import { createNameSlots } from '../services/runs/name-slots.ts';
import { createReadRunOverviews } from '../services/runs/read-run-overviews.ts';
import { createAppHandlers } from './apps/apps-routes.ts';
import { createReadRunSeries } from '../services/runs/read-run-series.ts';
import { createReadRunLife } from '../services/runs/read-run-life.ts';
import { createReadRunPipelines } from '../services/pipelines/read-run-pipelines.ts';
import { createReadSchemas } from '../services/pipelines/read-schemas.ts';
import { createReadStatistics } from '../services/pipelines/read-statistics.ts';
import { createReadUsage, createReadUsageParts } from '../services/workspaces/read-usage.ts';
import { createReadWorkspaceHealth } from '../services/workspaces/read-workspace-health.ts';
import { createReadTelemetry } from '../services/telemetry/read-telemetry.ts';
import { createPipelineHandlers } from './pipelines/pipelines-routes.ts';
import { createSchemaHandlers } from './pipelines/schemas-routes.ts';
import { createRunComparisonHandlers } from './runs/run-comparisons-routes.ts';
import { createRunLifeHandlers } from './runs/run-lives-routes.ts';
import { createSessionHandlers } from './sign-in/sessions-routes.ts';
import { createStatisticsHandlers } from './pipelines/statistics-routes.ts';
import { createStorageHandlers } from './workspaces/storage-routes.ts';
import { createSwitchJobs } from '../services/jobs/switch-jobs.ts';
import { createTelemetryHandlers } from './telemetry/telemetry-routes.ts';
import { createUploadHandlers } from './versions/uploads-routes.ts';
import { createUsageHandlers } from './workspaces/usage-routes.ts';
import { createVariableHandlers } from './variables/variables-routes.ts';
import { createVersionHandlers } from './versions/versions-routes.ts';
import { createWebhookHandlers } from './webhooks/webhooks-routes.ts';
import { createWorkspaceHealthHandlers } from './workspaces/workspace-health-routes.ts';
import { createWorkspaceHandlers } from './workspaces/workspaces-routes.ts';
import { createWorkspaceMembers } from '../services/people/workspace-members.ts';
import { createWorkspaces } from '../services/workspaces/workspaces.ts';

/**
 * Creates a handler for each served operation.
 * @param closing aborted when the server stops, which ends the streams
 */
export function createHandlers(dependencies: ApiDependencies, closing: AbortSignal): Handlers {
  const { persistence, credentials, services } = dependencies;
  const workspaces = createWorkspaces(persistence, services.cancelRuns, services.clock);
  const jobVersions = createJobVersions(persistence.store);
  const readJobs = createReadJobs(persistence, jobVersions);
  const readJobRuns = createReadJobRuns(persistence, jobVersions);
  const readRunOverviews = createReadRunOverviews(persistence);
  const nameSlots = createNameSlots(persistence);
  return {
    ...createOrganizationHandlers({ organizations: createOrganizations(persistence), workspaces }),
    ...createMemberHandlers({
      members: createMembers(persistence),
      workspaceMembers: createWorkspaceMembers(persistence),
    }),
    ...createInvitationHandlers(services),
    ...createKeyHandlers({ keys: createKeys(persistence, credentials.forget) }),
    ...createWorkspaceHandlers({ workspaces, credentials, deploy: services.deploy }),
    ...createWorkspaceHealthHandlers({ readWorkspaceHealth: createReadWorkspaceHealth(persistence) }),
    ...createPackageHandlers({
      readPackages: createReadPackages(persistence),
      issueUpload: createIssueUpload(credentials),
    }),
    ...createVersionHandlers(services),
    ...createUploadHandlers({
      uploadPackage: services.uploadPackage,
      uploadDir: dependencies.uploadDir,
      maxArchiveBytes: dependencies.maxUploadBytes,
    }),
    ...createJobHandlers({
      readJobs,
      startRuns: services.startRuns,
      switchJobs: createSwitchJobs(persistence, services.cancelRuns, services.clock),
    }),
    ...createJobVersionHandlers({ readJobs }),
    ...createJobRunHandlers({ ...services, readJobRuns }),
    ...createOverviewHandlers({
      readRunOverviews,
      nameSlots,
      readJobOverviews: createReadJobOverviews(persistence, readRunOverviews),
      readRunSeries: createReadRunSeries(persistence, () => new Date()),
    }),
    ...createRunLifeHandlers({ readRunLife: createReadRunLife(persistence), nameSlots }),
    ...createRunComparisonHandlers({
      compareRuns: createCompareRuns(persistence, jobVersions),
      compareRunLogs: createCompareRunLogs(dependencies),
    }),
    ...createJobGraphHandlers({ readJobGraph: createReadJobGraph(persistence, jobVersions) }),
    ...createNextStartHandlers({
      readNextStarts: createReadNextStarts(persistence, services.clock),
      readNextTicks: createReadNextTicks(persistence, services.clock),
    }),
    ...createLogHandlers({
      readLogs: createReadLogs(dependencies),
      closing,
      idleAfterMs: dependencies.streamIdleMs ?? 15_000,
      log: dependencies.log,
    }),
    ...createLogRangeHandlers(dependencies),
    ...createLiveEventHandlers({
      followEvents: createFollowEvents({
        persistence,
        authorize: dependencies.authorize,
        log: dependencies.log,
        feed: createChangeFeed(dependencies),
        ...(dependencies.streamIdleMs === undefined ? {} : { idleAfterMs: dependencies.streamIdleMs }),
        ...(dependencies.streamCheckMs === undefined ? {} : { checkMs: dependencies.streamCheckMs }),
      }),
      credentials,
      closing,
      log: dependencies.log,
    }),
    ...createStatisticsHandlers({ readStatistics: createReadStatistics(persistence, () => new Date()) }),
    ...createSchemaHandlers({ readSchemas: createReadSchemas(persistence) }),
    ...createPipelineHandlers({
      readPipelines: createReadPipelines(persistence, () => new Date()),
      readRunPipelines: createReadRunPipelines(persistence),
    }),
    ...createAppHandlers(services),
    ...createWebhookHandlers({ webhooks: services.webhooks }),
    ...createSessionHandlers({ signIn: services.signIn }),
    ...createUsageHandlers({
      organizationLimits: createOrganizationLimits(persistence),
      readUsage: createReadUsage(persistence),
      readUsageParts: createReadUsageParts(persistence),
    }),
    ...createStorageHandlers({
      readOrganizationStorage: createReadOrganizationStorage(persistence, dependencies.retention),
    }),
    ...createAuditLogHandlers({ readAuditLog: createReadAuditLog(persistence) }),
    ...createVariableHandlers({ variables: services.variables }),
    ...createTelemetryHandlers({ readTelemetry: createReadTelemetry(persistence, dependencies.blobs) }),
  };
}
