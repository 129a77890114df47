import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { configurationResponse, uploadConfigurationBody } from '../schemas/versions/configurations.ts';
import { deploymentResponse, uploadDeploymentRequest } from '../schemas/versions/deployments.ts';
import { manifestFilesResponse } from '../schemas/versions/manifest-files.ts';
import { queryBoolean, queryText } from '../schemas/query.ts';
import {
  updateWorkspaceVariablesRequest,
  updatedVariablesResponse,
  workspaceVariablesResponse,
} from '../schemas/variables/variables.ts';
import { dataplaneErrors, readErrors } from './error-statuses.ts';
import { configurationParams, deploymentParams, workspaceParams } from './parameters.ts';

/** Uploads, file lists and variables: prefix `/api/v1`, with their own credentials. */
export const dataplaneRoutes = [
  defineRoute({
    operationId: 'upload_configuration',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/configurations/{configuration_id}/-upload',
    surface: 'dataplane',
    credential: 'upload',
    permission: 'configuration.upload',
    params: configurationParams,
    body: { multipart: uploadConfigurationBody },
    responses: { 200: configurationResponse },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'get_configuration_files',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/configurations/{configuration_id}/files',
    surface: 'dataplane',
    credential: 'dataplane',
    permission: 'configuration.read',
    params: configurationParams,
    responses: { 200: manifestFilesResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'upload_deployment',
    method: 'POST',
    path: '/api/v1/workspaces/{workspace_id}/deployments/{deployment_id}/-upload',
    surface: 'dataplane',
    credential: 'upload',
    permission: 'deployment.upload',
    params: deploymentParams,
    body: { multipart: uploadDeploymentRequest },
    responses: { 200: deploymentResponse },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'get_deployment_files',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/deployments/{deployment_id}/files',
    surface: 'dataplane',
    credential: 'dataplane',
    permission: 'deployment.read',
    params: deploymentParams,
    responses: { 200: manifestFilesResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_workspace_variables',
    method: 'GET',
    path: '/api/v1/workspaces/{workspace_id}/variables',
    surface: 'dataplane',
    credential: 'dataplane',
    permission: 'variable.read',
    params: workspaceParams,
    query: z.object({ scope_profile: queryText.optional(), is_workspace_scope: queryBoolean.optional() }),
    responses: { 200: workspaceVariablesResponse },
    errors: dataplaneErrors,
  }),
  defineRoute({
    operationId: 'update_workspace_variables',
    method: 'PATCH',
    path: '/api/v1/workspaces/{workspace_id}/variables',
    surface: 'dataplane',
    credential: 'dataplane',
    permission: 'variable.update',
    params: workspaceParams,
    body: updateWorkspaceVariablesRequest,
    responses: { 200: updatedVariablesResponse },
    errors: dataplaneErrors,
  }),
] as const;
