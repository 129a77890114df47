/** Reads where blobs are kept from the environment; only `config.ts` uses this module. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { S3Encryption, S3Settings } from '../blobs/s3/s3-settings.ts';
import { isSameLocation } from '../blobs/blobs-location.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const blobsSettings = {
  PUMPHOUSE_BLOBS_URL: z.url().optional().register(settingDetails, {
    key: 'blobs.url',
    description:
      'Where packages, logs and telemetry are: a folder as file://, or `s3://bucket/prefix`; see [S3](s3.md)',
    default: '`blobs` in the data folder',
    example: 'file:///var/lib/pumphouse/blobs',
  }),
  PUMPHOUSE_BLOBS_FALLBACK_URL: z.url().optional().register(settingDetails, {
    key: 'blobs.fallback_url',
    description:
      'The former location of the blobs while they move: what is not in `PUMPHOUSE_BLOBS_URL` yet is read there; see [S3](s3.md#move)',
    example: 'file:///var/lib/pumphouse/blobs',
  }),
  PUMPHOUSE_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .register(settingDetails, {
      key: 's3.endpoint',
      description: 'Address of the S3 store, if it is not AWS',
      default: 'AWS',
      example: 'https://s3.example.com',
    }),
  PUMPHOUSE_S3_PUBLIC_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .register(settingDetails, {
      key: 's3.public_endpoint',
      description:
        'Address at which runs and clients reach the S3 store, if it differs from the address for servers',
      example: 'https://s3.example.com',
    }),
  PUMPHOUSE_S3_DIRECT_READS: z.enum(['0', '1']).default('0').register(settingDetails, {
    key: 's3.direct_reads',
    description:
      'Whether runs read large code archives from the store with signed URLs, instead of through the server; see [S3](s3.md#direct-reads)',
  }),
  PUMPHOUSE_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be a region such as eu-central-1')
    .optional()
    .register(settingDetails, {
      key: 's3.region',
      description: 'Region of the bucket',
      default: '`AWS_REGION`, else `AWS_DEFAULT_REGION`, else `us-east-1`',
      example: 'eu-central-1',
    }),
  PUMPHOUSE_S3_ACCESS_KEY_ID: z.string().optional().register(settingDetails, {
    key: 's3.access_key_id',
    description:
      'Access key for S3; without it the standard AWS settings apply: variables, web identity, instance profile',
  }),
  PUMPHOUSE_S3_SECRET_ACCESS_KEY: z.string().optional().register(settingDetails, {
    key: 's3.secret_access_key',
    description: 'Secret of that access key',
    secret: 'value',
  }),
  PUMPHOUSE_S3_FORCE_PATH_STYLE: z.enum(['0', '1']).optional().register(settingDetails, {
    key: 's3.force_path_style',
    description: 'Whether the bucket is in the path of requests instead of their host name',
    default: '1 with an endpoint, else 0',
  }),
  PUMPHOUSE_S3_ENCRYPTION: z
    .string()
    .regex(/^(AES256|aws:kms(:.+)?)$/, 'must be AES256, aws:kms, or aws:kms: and a key')
    .optional()
    .register(settingDetails, {
      key: 's3.encryption',
      description: 'Encryption of objects by S3: `AES256`, `aws:kms`, or `aws:kms:` and a key id',
      default: 'that of the bucket',
      example: 'AES256',
    }),
} as const;

type BlobsValues = z.output<z.ZodObject<typeof blobsSettings>>;

export interface BlobsConfig {
  blobs: BlobsLocation;
  /** Null: all blobs are in `blobs`. */
  blobsFallback: BlobsLocation | null;
  /** Null: all reads go through the server. */
  directReads: DirectReads | null;
}

/** Runs may read blobs from S3 with signed URLs. */
export interface DirectReads {
  /** Where runs reach the store; null: where the server does. */
  publicEndpoint: string | null;
}

/** What other settings say about blobs. */
interface BlobsSurroundings {
  dataDir: string;
  /** From the standard AWS settings. */
  awsRegion: string | undefined;
}

/** @throws ConfigError */
export function readBlobsConfig(values: BlobsValues, around: BlobsSurroundings): BlobsConfig {
  const { PUMPHOUSE_BLOBS_URL: url, PUMPHOUSE_BLOBS_FALLBACK_URL: fallbackUrl } = values;
  const blobs = url
    ? readLocation('PUMPHOUSE_BLOBS_URL', url, values, around)
    : ({ kind: 'folder', path: resolve(around.dataDir, 'blobs') } as const);
  const blobsFallback = fallbackUrl
    ? readLocation('PUMPHOUSE_BLOBS_FALLBACK_URL', fallbackUrl, values, around)
    : null;
  if (blobsFallback && isSameLocation(blobs, blobsFallback))
    throw new ConfigError(
      `PUMPHOUSE_BLOBS_FALLBACK_URL is ${fallbackUrl}, where the blobs are anyway. Set it to their former location, or remove it.`,
    );
  return { blobs, blobsFallback, directReads: readDirectReads(values, blobs) };
}

function readDirectReads(values: BlobsValues, blobs: BlobsLocation): DirectReads | null {
  if (values.PUMPHOUSE_S3_DIRECT_READS === '0') return null;
  if (blobs.kind !== 's3')
    throw new ConfigError(
      'PUMPHOUSE_S3_DIRECT_READS is 1, and PUMPHOUSE_BLOBS_URL is no s3:// address. Remove one of the two.',
    );
  return { publicEndpoint: readPublicEndpoint(values) };
}

/** Where runs reach the store; null: where the server does. */
export function readPublicEndpoint(values: BlobsValues): string | null {
  return values.PUMPHOUSE_S3_PUBLIC_ENDPOINT?.replace(/\/+$/, '') ?? null;
}

/** @throws ConfigError */
export function readLocation(
  setting: string,
  url: string,
  values: BlobsValues,
  { awsRegion }: Pick<BlobsSurroundings, 'awsRegion'>,
): BlobsLocation {
  const parsed = new URL(url);
  if (parsed.protocol === 's3:')
    return { kind: 's3', settings: readS3Settings(setting, parsed, { values, awsRegion }) };
  if (parsed.protocol !== 'file:' || parsed.host !== '')
    throw new ConfigError(
      `${setting} is ${url}. Write file:// and an absolute path, such as file:///var/lib/pumphouse/blobs, or s3:// with a bucket and a prefix, such as s3://my-bucket/pumphouse.`,
    );
  return { kind: 'folder', path: decodeURIComponent(parsed.pathname) };
}

/**
 * Reads an address in S3.
 * @throws ConfigError
 */
export function readS3Settings(
  setting: string,
  { hostname, pathname, username, search }: URL,
  { values, awsRegion }: { values: BlobsValues } & Pick<BlobsSurroundings, 'awsRegion'>,
): S3Settings {
  const prefix = pathname.replaceAll(/^\/+|\/+$/g, '');
  if (hostname === '' || username !== '' || search !== '' || !/^(?:[\w.=+-]+(?:\/[\w.=+-]+)*)?$/.test(prefix))
    throw new ConfigError(
      `${setting} must be s3:// with a bucket and a prefix of letters, digits and ._-=+, such as s3://my-bucket/pumphouse.`,
    );
  const endpoint = values.PUMPHOUSE_S3_ENDPOINT?.replace(/\/+$/, '') ?? null;
  const pathStyle = values.PUMPHOUSE_S3_FORCE_PATH_STYLE;
  return {
    bucket: hostname,
    prefix,
    endpoint,
    region: values.PUMPHOUSE_S3_REGION ?? awsRegion ?? 'us-east-1',
    credentials: readCredentials(values),
    forcePathStyle: pathStyle === undefined ? endpoint !== null : pathStyle === '1',
    encryption: readEncryption(values.PUMPHOUSE_S3_ENCRYPTION),
  };
}

function readCredentials({
  PUMPHOUSE_S3_ACCESS_KEY_ID: accessKeyId,
  PUMPHOUSE_S3_SECRET_ACCESS_KEY: secretAccessKey,
}: BlobsValues): S3Settings['credentials'] {
  if (!accessKeyId && !secretAccessKey) return null;
  if (!accessKeyId || !secretAccessKey)
    throw new ConfigError(
      'PUMPHOUSE_S3_ACCESS_KEY_ID and PUMPHOUSE_S3_SECRET_ACCESS_KEY belong together. Set both, or neither for the standard AWS settings.',
    );
  return { accessKeyId, secretAccessKey };
}

function readEncryption(text: string | undefined): S3Encryption | null {
  if (!text) return null;
  if (text === 'AES256') return { algorithm: 'AES256', keyId: null };
  return { algorithm: 'aws:kms', keyId: text.slice('aws:kms:'.length) || null };
}
