import { defineRoute } from '../../route.ts';
import {
  jobRunInputResponse,
  setSigningSecretRequest,
  webhookResponse,
  webhooksResponse,
} from '../../schemas/webhooks/webhooks.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { jobRunParams, webhookParams, workspaceParams } from '../parameters.ts';

/**
 * Webhooks, through which other systems start jobs, and the input of runs. Deliveries themselves are not
 * operations of the table.
 */
export const webhookRoutes = [
  defineRoute({
    operationId: 'list_webhooks',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/webhooks',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'webhook.read',
    params: workspaceParams,
    responses: { 200: webhooksResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'rotate_webhook_token',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/webhooks/{webhook_id}/-rotate-token',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'webhook.update',
    params: webhookParams,
    responses: { 200: webhookResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'set_webhook_signing_secret',
    method: 'PUT',
    path: '/pumphouse/v1/workspaces/{workspace_id}/webhooks/{webhook_id}/signing-secret',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'webhook.update',
    params: webhookParams,
    body: setSigningSecretRequest,
    responses: { 200: webhookResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'remove_webhook_signing_secret',
    method: 'DELETE',
    path: '/pumphouse/v1/workspaces/{workspace_id}/webhooks/{webhook_id}/signing-secret',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'webhook.update',
    params: webhookParams,
    responses: { 200: webhookResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_job_run_input',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/job-runs/{job_run_id}/input',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job-run.read-input',
    params: jobRunParams,
    responses: { 200: jobRunInputResponse },
    errors: readErrors,
  }),
] as const;
