import { z } from 'zod';
import { requestObject, responseObject, timestamp, uuid } from './primitives.ts';

export const deploymentResponse = responseObject('DeploymentResponse', {
  content_hash: z.string(),
  created_at: timestamp,
  created_by: uuid,
  file_count: z.int(),
  id: uuid,
  requirements_size_bytes: z.int(),
  size_bytes: z.int(),
  updated_at: timestamp,
  version: z.int(),
  workspace_id: uuid,
});
export type DeploymentResponse = z.output<typeof deploymentResponse>;

export const issueUploadDeploymentResponse = responseObject('IssueUploadDeploymentResponse', {
  deployment_id: uuid,
  upload_token: z.string(),
  upload_url: z.string(),
});
export type IssueUploadDeploymentResponse = z.output<typeof issueUploadDeploymentResponse>;

export const uploadDeploymentRequest = requestObject('UploadDeploymentRequest', {
  file: z.file(),
  requirements_file: z.file(),
});
export type UploadDeploymentRequest = z.output<typeof uploadDeploymentRequest>;
