import { z } from 'zod';
import { uuid } from '../schemas/primitives.ts';

export const organizationParams = z.object({ organization_id: uuid });
export const workspaceParams = z.object({ workspace_id: uuid });
export const localDataParams = z.object({ workspace_id: uuid, profile: z.string() });
export const deploymentParams = z.object({ workspace_id: uuid, deployment_id: uuid });
export const manifestBuildParams = deploymentParams.extend({ job_run_id: uuid });
export const configurationParams = z.object({ workspace_id: uuid, configuration_id: uuid });
export const jobParams = z.object({ workspace_id: uuid, job_id: uuid });
export const jobRunParams = z.object({ workspace_id: uuid, job_run_id: uuid });
export const alertChannelParams = z.object({ workspace_id: uuid, channel_id: uuid });
export const eventSubscriptionParams = z.object({ workspace_id: uuid, subscription_id: uuid });
export const eventDeliveryParams = z.object({ workspace_id: uuid, event_delivery_id: uuid });
export const alertDeliveryParams = z.object({ workspace_id: uuid, delivery_id: uuid });
export const backfillParams = z.object({ workspace_id: uuid, backfill_id: uuid });
export const savedViewParams = z.object({ workspace_id: uuid, saved_view_id: uuid });
export const webhookParams = z.object({ workspace_id: uuid, webhook_id: uuid });
export const pipelineParams = z.object({ workspace_id: uuid, pipeline_name: z.string() });
export const datasetParams = z.object({ workspace_id: uuid, dataset_name: z.string() });
export const tableParams = z.object({ workspace_id: uuid, dataset_name: z.string(), table_name: z.string() });
export const schemaParams = z.object({
  workspace_id: uuid,
  pipeline_name: z.string(),
  schema_name: z.string(),
});
export const schemaVersionParams = z.object({
  workspace_id: uuid,
  pipeline_name: z.string(),
  schema_name: z.string(),
  version_hash: z.string(),
});
export const pipelineRunParams = z.object({ workspace_id: uuid, pipeline_run_id: uuid });
export const organizationMemberParams = z.object({ organization_id: uuid, membership_id: uuid });
export const organizationInvitationParams = z.object({ organization_id: uuid, invitation_id: uuid });
export const workspaceMemberParams = z.object({ workspace_id: uuid, membership_id: uuid });
export const workspaceInvitationParams = z.object({ workspace_id: uuid, invitation_id: uuid });
export const workspaceKeyParams = z.object({ workspace_id: uuid, key_id: uuid });
export const workerParams = z.object({ organization_id: uuid, worker_id: uuid });
export const alertRuleParams = z.object({ workspace_id: uuid, rule_id: uuid });
export const alertIncidentParams = z.object({ workspace_id: uuid, incident_id: uuid });
export const keyParams = z.object({ key_id: uuid });
