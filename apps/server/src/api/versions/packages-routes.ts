import type { Handlers } from '../handler.ts';
import type { DescribeDeployment } from '../../services/versions/describe-deployment.ts';
import type { IssueUpload } from '../../services/versions/issue-upload.ts';
import type { ReadPackages } from '../../services/versions/read-packages.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import {
  toConfiguration,
  toDeployment,
  toDeploymentOverview,
  toDeploymentTags,
  toManifestFiles,
} from './packages-serializers.ts';

type Operations =
  | 'list_deployments'
  | 'issue_upload_deployment'
  | 'get_deployment_latest'
  | 'get_deployment'
  | 'get_deployment_files'
  | 'get_deployment_tags'
  | 'list_deployment_overviews'
  | 'get_deployment_overview'
  | 'set_deployment_message'
  | 'list_configurations'
  | 'issue_upload_configuration'
  | 'get_configuration_latest'
  | 'get_configuration'
  | 'get_configuration_files';

export function createPackageHandlers(services: {
  readPackages: ReadPackages;
  describeDeployment: DescribeDeployment;
  issueUpload: IssueUpload;
}): Pick<Handlers, Operations> {
  const { readPackages, describeDeployment, issueUpload } = services;
  const { deployments, configurations } = readPackages;
  return {
    async list_deployments({ params, query }) {
      const paging = readPaging(query, `list_deployments ${params.workspace_id}`);
      const options = { ...paging, version: query.version ?? null };
      return toPage(await deployments.list(params.workspace_id, options), query, toDeployment);
    },

    async issue_upload_deployment({ authorization, params, origin }) {
      const { uploadId, token } = await issueUpload(authorization, 'deployment');
      const path = `/api/v1/workspaces/${params.workspace_id}/deployments/${uploadId}/-upload`;
      return { deployment_id: uploadId, upload_token: token, upload_url: uploadUrl(path, origin) };
    },

    get_deployment_latest: async ({ params }) => toDeployment(await deployments.latest(params.workspace_id)),

    get_deployment: async ({ params }) =>
      toDeployment(await deployments.get(params.workspace_id, params.deployment_id)),

    get_deployment_files: async ({ params }) =>
      toManifestFiles(await deployments.files(params.workspace_id, params.deployment_id)),

    get_deployment_tags: async ({ params }) =>
      toDeploymentTags(await deployments.get(params.workspace_id, params.deployment_id)),

    async list_deployment_overviews({ params, query }) {
      const paging = readPaging(query, `list_deployment_overviews ${params.workspace_id}`);
      const options = { ...paging, version: query.version ?? null };
      return toPage(await deployments.list(params.workspace_id, options), query, toDeploymentOverview);
    },

    get_deployment_overview: async ({ params }) =>
      toDeploymentOverview(await deployments.get(params.workspace_id, params.deployment_id)),

    async set_deployment_message({ params, body }) {
      const deployment = { workspaceId: params.workspace_id, deploymentId: params.deployment_id };
      return toDeploymentOverview(await describeDeployment(deployment, body.message));
    },

    async list_configurations({ params, query }) {
      const paging = readPaging(query, `list_configurations ${params.workspace_id}`);
      const options = { ...paging, version: query.version ?? null };
      return toPage(await configurations.list(params.workspace_id, options), query, toConfiguration);
    },

    async issue_upload_configuration({ authorization, params, origin }) {
      const { uploadId, token } = await issueUpload(authorization, 'configuration');
      const path = `/api/v1/workspaces/${params.workspace_id}/configurations/${uploadId}/-upload`;
      return { configuration_id: uploadId, upload_token: token, upload_url: uploadUrl(path, origin) };
    },

    get_configuration_latest: async ({ params }) =>
      toConfiguration(await configurations.latest(params.workspace_id)),

    get_configuration: async ({ params }) =>
      toConfiguration(await configurations.get(params.workspace_id, params.configuration_id)),

    get_configuration_files: async ({ params }) =>
      toManifestFiles(await configurations.files(params.workspace_id, params.configuration_id)),
  };
}

/**
 * The dlt client rejects an upload URL whose path is not exactly this one, so a path prefix of the origin is
 * dropped.
 */
function uploadUrl(path: string, origin: string): string {
  return new URL(path, origin).href;
}
