import type { Handlers } from './handler.ts';
import type { Logger } from 'pino';
import type { ReadSystem } from '../services/doctor/read-system.ts';
import type { Services } from '../services/create-services.ts';
import { createAlertHandlers } from './alerts/alerts-routes.ts';
import { createEventSubscriptionHandlers } from './events/event-subscriptions-routes.ts';
import { createAlertChannelHandlers } from './alerts/alert-channels-routes.ts';
import { createAppHandlers } from './apps/apps-routes.ts';
import { createArchiveHandlers } from './versions/archives-routes.ts';
import { createAuditLogHandlers } from './audit/audit-log-routes.ts';
import { createInvitationHandlers } from './people/invitations-routes.ts';
import { createJobGraphHandlers } from './jobs/job-graphs-routes.ts';
import { createLineageHandlers } from './lineage/lineage-routes.ts';
import { createJobInputHandlers } from './jobs/job-inputs-routes.ts';
import { createJobHandlers } from './jobs/jobs-routes.ts';
import { createJobRunHandlers } from './runs/job-runs-routes.ts';
import { createJobVersionHandlers } from './jobs/job-versions-routes.ts';
import { createKeyHandlers } from './keys/keys-routes.ts';
import { createLiveEventHandlers } from './live/live-events-routes.ts';
import { createLogHandlers } from './logs/logs-routes.ts';
import { createLogRangeHandlers } from './logs/log-ranges-routes.ts';
import { createManifestBuildHandlers } from './versions/manifest-builds-routes.ts';
import { createMemberHandlers } from './people/members-routes.ts';
import { createNextStartHandlers } from './scheduling/next-starts-routes.ts';
import { createOrganizationHandlers } from './workspaces/organizations-routes.ts';
import { createOverviewHandlers } from './runs/overviews-routes.ts';
import { createPackageHandlers } from './versions/packages-routes.ts';
import { createLocalDataHandlers } from './local-data/local-data-routes.ts';
import { createPendingPackageHandlers } from './pipelines/pending-packages-routes.ts';
import { createPipelineHandlers } from './pipelines/pipelines-routes.ts';
import { createRunComparisonHandlers } from './runs/run-comparisons-routes.ts';
import { createRunResourceHandlers } from './runs/run-resources-routes.ts';
import { createRunTimelineHandlers } from './runs/run-timelines-routes.ts';
import { createDataSearchHandlers } from './pipelines/data-search-routes.ts';
import { createSavedViewHandlers } from './runs/saved-views-routes.ts';
import { createSchemaHandlers } from './pipelines/schemas-routes.ts';
import { createSessionHandlers } from './sign-in/sessions-routes.ts';
import { createSystemHandlers } from './doctor/system-routes.ts';
import { createTimelineHandlers } from './runs/timeline-routes.ts';
import { createStatisticsHandlers } from './pipelines/statistics-routes.ts';
import { createStorageHandlers } from './workspaces/storage-routes.ts';
import { createTelemetryHandlers } from './telemetry/telemetry-routes.ts';
import { createUploadHandlers } from './versions/uploads-routes.ts';
import { createCostHandlers } from './cost/cost-routes.ts';
import { createUsageHandlers } from './workspaces/usage-routes.ts';
import { createVariableHandlers } from './variables/variables-routes.ts';
import { createVersionHandlers } from './versions/versions-routes.ts';
import { createBackfillHandlers } from './backfills/backfills-routes.ts';
import { createWebhookHandlers } from './webhooks/webhooks-routes.ts';
import { createWorkerHandlers } from './workers/workers-routes.ts';
import { createWorkspaceHandlers } from './workspaces/workspaces-routes.ts';
import { createWorkspaceHealthHandlers } from './workspaces/workspace-health-routes.ts';

/** What handlers need of their listener. */
export interface HandlerContext {
  /** Aborted when the server stops, which ends the streams. */
  closing: AbortSignal;
  /** Folder for uploads in progress. */
  uploadDir: string;
  /** Maximum size of an uploaded archive, in bytes. */
  maxUploadBytes: number;
  /** Idle time of a log stream before a keep-alive comment is sent; 15 s by default. */
  streamIdleMs?: number;
  /** Reads the state of this server. */
  readSystem: ReadSystem;
  log: Logger;
}

/** Creates a handler for each served operation. */
export function createHandlers(services: Services, context: HandlerContext): Handlers {
  const { closing, log, readSystem, uploadDir, maxUploadBytes, streamIdleMs = 15_000 } = context;
  return {
    ...createOrganizationHandlers(services),
    ...createMemberHandlers(services),
    ...createInvitationHandlers(services),
    ...createKeyHandlers(services),
    ...createBackfillHandlers(services),
    ...createWorkerHandlers(services),
    ...createAlertChannelHandlers(services),
    ...createEventSubscriptionHandlers(services),
    ...createWorkspaceHandlers(services),
    ...createWorkspaceHealthHandlers(services),
    ...createPackageHandlers(services),
    ...createVersionHandlers(services),
    ...createArchiveHandlers(services),
    ...createManifestBuildHandlers(services),
    ...createUploadHandlers({ ...services, uploadDir, maxArchiveBytes: maxUploadBytes }),
    ...createJobHandlers(services),
    ...createJobInputHandlers(services),
    ...createJobVersionHandlers(services),
    ...createJobRunHandlers(services),
    ...createOverviewHandlers(services),
    ...createSavedViewHandlers(services),
    ...createRunResourceHandlers(services),
    ...createRunTimelineHandlers(services),
    ...createTimelineHandlers(services),
    ...createRunComparisonHandlers(services),
    ...createJobGraphHandlers(services),
    ...createLineageHandlers(services),
    ...createNextStartHandlers(services),
    ...createLogHandlers({ ...services, closing, idleAfterMs: streamIdleMs, log }),
    ...createLogRangeHandlers(services),
    ...createLiveEventHandlers({ ...services, closing, log }),
    ...createStatisticsHandlers(services),
    ...createSchemaHandlers(services),
    ...createDataSearchHandlers(services),
    ...createPendingPackageHandlers(services),
    ...createLocalDataHandlers(services),
    ...createPipelineHandlers(services),
    ...createAlertHandlers(services),
    ...createAppHandlers(services),
    ...createWebhookHandlers(services),
    ...createSessionHandlers(services),
    ...createSystemHandlers({ ...services, readSystem }),
    ...createUsageHandlers(services),
    ...createCostHandlers(services),
    ...createStorageHandlers(services),
    ...createAuditLogHandlers(services),
    ...createVariableHandlers(services),
    ...createTelemetryHandlers(services),
  };
}
