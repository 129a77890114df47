import type { BucketClient } from './s3-client.ts';
import type { S3Settings } from './s3-settings.ts';
import { checkBlobKey } from '../blob-store.ts';
import { presignGet } from './sign-request.ts';

/**
 * Returns a URL with which a blob can be read for some minutes, whether it exists or not. The URL is a secret: it
 * must not be logged.
 * @throws BlobStoreError
 */
export type SignRead = (key: string) => Promise<string>;

/** Enough for a large archive to begin, and for clocks that differ a little. */
const validSeconds = 300;

/** @param publicEndpoint the address of the store for readers; null: that of the settings */
export function createSignRead(bucket: BucketClient, publicEndpoint: string | null): SignRead {
  const { region } = bucket.settings;
  return async (key) => {
    checkBlobKey(key);
    const url = locateObject(bucket.settings, bucket.nameOf(key), publicEndpoint);
    const credentials = await bucket.credentials();
    return presignGet(url, { service: 's3', region, credentials }, { seconds: validSeconds });
  };
}

function locateObject(settings: S3Settings, name: string, publicEndpoint: string | null): URL {
  const { bucket, region, endpoint, forcePathStyle } = settings;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(publicEndpoint ?? endpoint ?? `https://s3.${region}.${domain}`);
  const folder = url.pathname.replace(/\/+$/, '');
  if (!forcePathStyle) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = forcePathStyle ? `${folder}/${bucket}/${name}` : `${folder}/${name}`;
  return url;
}
