import { z } from 'zod';
import { responseObject } from '../primitives.ts';

export const manifestFileResponse = responseObject('ManifestFileResponse', {
  relative_path: z.string(),
  sha3_256: z.string(),
  size_bytes: z.int(),
  linkname: z.string().nullish(),
});
export type ManifestFileResponse = z.output<typeof manifestFileResponse>;

export const manifestFilesResponse = responseObject('ManifestFilesResponse', {
  engine_version: z.int(),
  files: z.array(manifestFileResponse),
});
export type ManifestFilesResponse = z.output<typeof manifestFilesResponse>;
