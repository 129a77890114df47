import type * as S3 from '@aws-sdk/client-s3';
import type { AwsCredentials } from './sign-request.ts';
import type { S3Settings } from './s3-settings.ts';
import { toBlobStoreError } from './s3-errors.ts';

/** A client of one bucket. */
export interface BucketClient {
  settings: S3Settings;
  /**
   * Calls S3, with retries.
   * @param call gets the client and the commands of the SDK
   * @throws BlobStoreError, and errors of the SDK for which `keeps` returns true
   */
  send<T>(
    call: (client: S3.S3Client, sdk: typeof S3) => Promise<T>,
    options?: { keeps?: (error: unknown) => boolean },
  ): Promise<T>;
  /**
   * Returns the credentials of the settings or of AWS, for signatures of other requests.
   * @throws BlobStoreError
   */
  credentials(): Promise<AwsCredentials>;
  /** The name of the object for a key. */
  nameOf(key: string): string;
}

/**
 * With the backoff of the SDK they take about a second. Some callers are in a transaction, and hold one of the
 * few connections to the database; all of them have a caller that tries again.
 */
const maxAttempts = 5;
const connectTimeoutMs = 3000;
/** Of a connection without any data. */
const idleTimeoutMs = 30_000;
const maxConnections = 64;

/** Creates a client. The SDK takes 0.7 s to load, so it is loaded at the first call. */
export function createBucketClient(settings: S3Settings): BucketClient {
  let opened: Promise<{ client: S3.S3Client; sdk: typeof S3 }> | null = null;

  async function send<T>(
    call: (client: S3.S3Client, sdk: typeof S3) => Promise<T>,
    { keeps = () => false }: { keeps?: (error: unknown) => boolean } = {},
  ): Promise<T> {
    try {
      opened ??= openClient(settings);
      const { client, sdk } = await opened;
      return await call(client, sdk);
    } catch (error) {
      if (keeps(error)) throw error;
      throw toBlobStoreError(error, settings);
    }
  }

  return {
    settings,
    nameOf: (key) => (settings.prefix === '' ? key : `${settings.prefix}/${key}`),
    send,
    credentials: () => send(async (client) => client.config.credentials()),
  };
}

async function openClient({ endpoint, region, credentials, forcePathStyle }: S3Settings) {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    forcePathStyle,
    maxAttempts,
    // Many stores reject the checksums that the SDK would add. Signatures cover the content anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      socketTimeout: idleTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets: maxConnections },
      httpsAgent: { keepAlive: true, maxSockets: maxConnections },
    },
    ...(endpoint !== null && { endpoint }),
    ...(credentials && { credentials }),
  });
  return { client, sdk };
}
