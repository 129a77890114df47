import { defineRoute } from '../../route.ts';
import {
  buildManifestRequest,
  buildManifestResponse,
  manifestBuildResponse,
} from '../../schemas/versions/manifest-builds.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { deploymentParams, manifestBuildParams } from '../parameters.ts';

/**
 * Manifests built by the server, for clients without Python: a run imports the code of a deployment and lists its job
 * definitions. The client sends them to `deploy_workspace`; the server itself never does.
 */
export const manifestBuildRoutes = [
  defineRoute({
    operationId: 'build_manifest',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/-build-manifest',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace.deploy',
    params: deploymentParams,
    body: buildManifestRequest,
    // 201 for a new build; 200 for one that is active, or completed: the code of a deployment never changes.
    responses: { 201: buildManifestResponse, 200: buildManifestResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_manifest_build',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/deployments/{deployment_id}/manifest-builds/{job_run_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'workspace.deploy',
    params: manifestBuildParams,
    responses: { 200: manifestBuildResponse },
    errors: readErrors,
  }),
] as const;
