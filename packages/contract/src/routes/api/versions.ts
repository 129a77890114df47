import { defineRoute } from '../../route.ts';
import {
  configurationResponse,
  issueUploadConfigurationResponse,
} from '../../schemas/versions/configurations.ts';
import { deploymentResponse, issueUploadDeploymentResponse } from '../../schemas/versions/deployments.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { queryInteger } from '../../schemas/query.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { configurationParams, deploymentParams, workspaceParams } from '../parameters.ts';

/** Deployments and configurations. */
export const versionRoutes = [
  defineRoute({
    operationId: 'list_deployments',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/deployments',
    surface: 'api',
    credential: 'user',
    permission: 'deployment.read',
    params: workspaceParams,
    query: listQuery(['created_at', 'version'], { version: queryInteger({ minimum: 1 }).optional() }),
    responses: { 200: listPage('ListPageDeploymentResponse', deploymentResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'issue_upload_deployment',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/deployments/-issue-upload',
    surface: 'api',
    credential: 'user',
    permission: 'deployment.upload',
    params: workspaceParams,
    responses: { 200: issueUploadDeploymentResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_deployment_latest',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/deployments/latest',
    surface: 'api',
    credential: 'user',
    permission: 'deployment.read',
    params: workspaceParams,
    responses: { 200: deploymentResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_deployment',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/deployments/{deployment_id}',
    surface: 'api',
    credential: 'user',
    permission: 'deployment.read',
    params: deploymentParams,
    responses: { 200: deploymentResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_configurations',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/configurations',
    surface: 'api',
    credential: 'user',
    permission: 'configuration.read',
    params: workspaceParams,
    query: listQuery(['created_at', 'version'], { version: queryInteger({ minimum: 1 }).optional() }),
    responses: { 200: listPage('ListPageConfigurationResponse', configurationResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'issue_upload_configuration',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/configurations/-issue-upload',
    surface: 'api',
    credential: 'user',
    permission: 'configuration.upload',
    params: workspaceParams,
    responses: { 200: issueUploadConfigurationResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_configuration_latest',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/configurations/latest',
    surface: 'api',
    credential: 'user',
    permission: 'configuration.read',
    params: workspaceParams,
    responses: { 200: configurationResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_configuration',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/configurations/{configuration_id}',
    surface: 'api',
    credential: 'user',
    permission: 'configuration.read',
    params: configurationParams,
    responses: { 200: configurationResponse },
    errors: readErrors,
  }),
] as const;
