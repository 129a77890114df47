import type { S3Settings } from './s3-settings.ts';
import { errorCodeOf } from '../../platform/error-code.ts';
import { BlobStoreError } from '../blob-store.ts';
import { describeS3 } from './s3-settings.ts';

type BucketAddress = Pick<S3Settings, 'bucket' | 'prefix' | 'endpoint'>;

/** Reports whether an object, or an upload in parts, does not exist. A missing bucket is another error. */
export function isMissingObject(error: unknown): boolean {
  const { name } = readError(error);
  return name === 'NoSuchKey' || name === 'NotFound' || name === 'NoSuchUpload';
}

/** Reports whether the range begins at or after the end of the object. */
export function isBeyondEnd(error: unknown): boolean {
  return readError(error).name === 'InvalidRange';
}

/** Reports whether the object was replaced since reading it began. */
export function isReplaced(error: unknown): boolean {
  return readError(error).name === 'PreconditionFailed' || readError(error).status === 412;
}

/** Turns an error of the S3 client into one that says what to do next. It never contains a credential. */
export function toBlobStoreError(error: unknown, bucket: BucketAddress): BlobStoreError {
  if (error instanceof BlobStoreError) return error;
  const { name, status, message } = readError(error);
  const found = explain(name, status, bucket);
  if (found) return new BlobStoreError(found.code, found.message, { cause: error });
  return new BlobStoreError(
    'blobs_unavailable',
    `${describeS3(bucket)} does not answer as it should (${[name, message].filter(Boolean).join(': ')}). ` +
      `Pumphouse tries again; check that ${bucket.endpoint ?? 'AWS S3'} is reachable.`,
    { cause: error },
  );
}

type Explained = Pick<BlobStoreError, 'code' | 'message'> | null;

function explain(name: string, status: number | undefined, bucket: BucketAddress): Explained {
  const where = describeS3(bucket);
  if (name === 'NoSuchBucket')
    return {
      code: 'blobs_bucket_missing',
      message: `There is no bucket ${bucket.bucket} at ${bucket.endpoint ?? 'AWS S3'}. Create it, or correct PUMPHOUSE_BLOBS_URL.`,
    };
  if (wrongCredentials.has(name))
    return {
      code: 'blobs_credentials_wrong',
      message: `${where} does not accept the credentials. Check PUMPHOUSE_S3_ACCESS_KEY_ID and PUMPHOUSE_S3_SECRET_ACCESS_KEY, or the standard AWS settings.`,
    };
  if (name === 'CredentialsProviderError')
    return {
      code: 'blobs_credentials_missing',
      message: `There are no credentials for ${where}. Set PUMPHOUSE_S3_ACCESS_KEY_ID and PUMPHOUSE_S3_SECRET_ACCESS_KEY, or give this server an AWS role.`,
    };
  if (name === 'RequestTimeTooSkewed')
    return {
      code: 'blobs_clock_skew',
      message: `The clock of this server differs too much from that of ${where}. Synchronize the clock of this machine.`,
    };
  if (wrongRegion.has(name) || status === 301)
    return {
      code: 'blobs_region_wrong',
      message: `The bucket ${bucket.bucket} is in another region. Set PUMPHOUSE_S3_REGION to the region of the bucket.`,
    };
  if (name === 'AccessDenied' || name === 'Forbidden' || status === 403)
    return {
      code: 'blobs_access_denied',
      message: `The credentials do not permit a request to ${where}. Grant the permissions in docs/operate/s3.md.`,
    };
  return null;
}

const wrongCredentials = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'InvalidClientTokenId',
]);
const wrongRegion = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

function readError(error: unknown): { name: string; status: number | undefined; message: string } {
  if (!(error instanceof Error)) return { name: '', status: undefined, message: String(error) };
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const name = error.name === 'Error' ? (errorCodeOf(error) ?? '') : error.name;
  return { name, status: readStatus(metadata), message: error.message };
}

function readStatus(metadata: unknown): number | undefined {
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
