import type { AwsCredentials } from './sign-request.ts';

/** Where an S3 store is, and how to sign in to it. */
export interface S3Settings {
  bucket: string;
  /** Folder in the bucket, without slashes around it; '' for the whole bucket. */
  prefix: string;
  /** Null: the one of AWS. */
  endpoint: string | null;
  region: string;
  /** Null: from the standard AWS settings: variables, web identity, instance profile. */
  credentials: AwsCredentials | null;
  /** The bucket is in the path of a request, not in its host name. */
  forcePathStyle: boolean;
  /** Null: the default of the bucket. */
  encryption: S3Encryption | null;
}

export interface S3Encryption {
  algorithm: 'AES256' | 'aws:kms';
  /** Null: the default key of the account. */
  keyId: string | null;
}

/** Names an S3 store in messages. */
export function describeS3({ bucket, prefix }: Pick<S3Settings, 'bucket' | 'prefix'>): string {
  return `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
}
