import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import {
  codeFileComparisonResponse,
  configurationComparisonResponse,
  configurationFileComparisonResponse,
  deploymentComparisonResponse,
} from '../../schemas/versions/comparisons.ts';
import { configurationResponse } from '../../schemas/versions/configurations.ts';
import {
  deploymentOverviewResponse,
  deploymentResponse,
  deploymentTagsResponse,
  setDeploymentMessageRequest,
} from '../../schemas/versions/deployments.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { uuid } from '../../schemas/primitives.ts';
import { queryBoolean, queryInteger, queryText } from '../../schemas/query.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { configurationParams, deploymentParams, workspaceParams } from '../parameters.ts';

/** Without a base, a version is compared with the previous one. */
const base = { base_id: uuid.optional() };
const filesQuery = z.object({ ...base, include_unchanged: queryBoolean.default(false) });
const fileQuery = z.object({ ...base, path: queryText });

/** A gzip tar archive as it was uploaded. */
const archive = { contentType: 'application/gzip', item: z.file() } as const;

/** Deployments with their messages, comparison of versions of code and configuration, rollback to an older one, and download of archives. */
export const pumphouseVersionRoutes = [
  defineRoute({
    operationId: 'list_deployment_overviews',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'deployment.read',
    params: workspaceParams,
    query: listQuery(['created_at', 'version'], { version: queryInteger({ minimum: 1 }).optional() }),
    responses: { 200: listPage('ListPageDeploymentOverviewResponse', deploymentOverviewResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_deployment_overview',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'deployment.read',
    params: deploymentParams,
    responses: { 200: deploymentOverviewResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'set_deployment_message',
    method: 'PUT',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/message',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace.deploy',
    params: deploymentParams,
    body: setDeploymentMessageRequest,
    responses: { 200: deploymentOverviewResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'compare_deployments',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/changes',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'deployment.read',
    params: deploymentParams,
    query: filesQuery,
    responses: { 200: deploymentComparisonResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'compare_deployment_file',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/changes/file',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'deployment.compare',
    params: deploymentParams,
    query: fileQuery,
    responses: { 200: codeFileComparisonResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_deployment_tags',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/tags',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'deployment.read',
    params: deploymentParams,
    responses: { 200: deploymentTagsResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'roll_back_deployment',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/-roll-back',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'deployment.roll-back',
    params: deploymentParams,
    responses: { 201: deploymentResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'download_deployment',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/archive',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'deployment.download',
    params: deploymentParams,
    responses: { 200: archive },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'compare_configurations',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/configurations/{configuration_id}/changes',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'configuration.read',
    params: configurationParams,
    query: filesQuery,
    responses: { 200: configurationComparisonResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'compare_configuration_file',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/configurations/{configuration_id}/changes/file',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'configuration.compare',
    params: configurationParams,
    query: fileQuery,
    responses: { 200: configurationFileComparisonResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'roll_back_configuration',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/configurations/{configuration_id}/-roll-back',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'configuration.roll-back',
    params: configurationParams,
    responses: { 201: configurationResponse },
    errors: changeErrors,
  }),
  /**
   * The archive contains secrets in plain text, which no other operation returns: comparisons mask them. Only owners
   * of the workspace may download it. They can read every secret anyway, because they may deploy code, which gets the
   * configuration. Developers may deploy too, but a key of a developer is often in a CI system: with such a key alone,
   * nobody gets all secrets at once and without a trace in the history of deployments. Code of a run never may.
   */
  defineRoute({
    operationId: 'download_configuration',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/configurations/{configuration_id}/archive',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'configuration.download',
    params: configurationParams,
    responses: { 200: archive },
    errors: readErrors,
  }),
] as const;
