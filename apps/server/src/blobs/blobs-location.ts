import type { S3Settings } from './s3/s3-settings.ts';
import { describeS3 } from './s3/s3-settings.ts';

/** Where blobs are kept. */
export type BlobsLocation = { kind: 'folder'; path: string } | { kind: 's3'; settings: S3Settings };

/** Returns the URL of a location, as in the settings. */
export function describeLocation(location: BlobsLocation): string {
  return location.kind === 's3' ? describeS3(location.settings) : `file://${location.path}`;
}

export function isSameLocation(one: BlobsLocation, other: BlobsLocation): boolean {
  return describeLocation(one) === describeLocation(other);
}
