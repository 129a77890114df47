import { z } from 'zod';
import { requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

const deployment = {
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
};

/** Fixed by the contract of the dlt client: it has no message. */
export const deploymentResponse = responseObject('DeploymentResponse', deployment);
export type DeploymentResponse = z.output<typeof deploymentResponse>;

export const deploymentOverviewResponse = responseObject('DeploymentOverviewResponse', {
  ...deployment,
  /** Why the user deployed this version; null if the user did not say. */
  message: z.string().nullable(),
});
export type DeploymentOverviewResponse = z.output<typeof deploymentOverviewResponse>;

export const maxMessageLength = 500;

export const setDeploymentMessageRequest = requestObject('SetDeploymentMessageRequest', {
  /** One or more lines; null removes the message. */
  message: z.string().trim().min(1).max(maxMessageLength).nullable(),
});
export type SetDeploymentMessageRequest = z.output<typeof setDeploymentMessageRequest>;

export const deploymentTagsResponse = responseObject('DeploymentTagsResponse', {
  deployment_id: uuid,
  version: z.int(),
  /** `__tags__` of `__deployment__.py`, read from the code without running it. */
  tags: z.array(z.string()),
  /** Why `__tags__` has no effect; null if it was read or is absent. */
  problem: z.string().nullable(),
});
export type DeploymentTagsResponse = z.output<typeof deploymentTagsResponse>;

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
