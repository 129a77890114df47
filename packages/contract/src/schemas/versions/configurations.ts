import { z } from 'zod';
import { requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

export const configurationResponse = responseObject('ConfigurationResponse', {
  content_hash: z.string(),
  created_at: timestamp,
  created_by: uuid,
  file_count: z.int(),
  id: uuid,
  profiles: z.array(z.string()),
  size_bytes: z.int(),
  updated_at: timestamp,
  version: z.int(),
  workspace_id: uuid,
});
export type ConfigurationResponse = z.output<typeof configurationResponse>;

export const issueUploadConfigurationResponse = responseObject('IssueUploadConfigurationResponse', {
  configuration_id: uuid,
  upload_token: z.string(),
  upload_url: z.string(),
});
export type IssueUploadConfigurationResponse = z.output<typeof issueUploadConfigurationResponse>;

export const uploadConfigurationBody = requestObject('UploadConfigurationBody', {
  file: z.file().optional(),
});
export type UploadConfigurationBody = z.output<typeof uploadConfigurationBody>;
