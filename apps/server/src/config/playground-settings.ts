/** Reads the settings of the playground from the environment; only `config.ts` uses this module. */
import { z } from 'zod';
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { S3PlaygroundSettings } from '../services/playground/s3-playground.ts';
import type { S3Settings } from '../blobs/s3/s3-settings.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const playgroundSettings = {
  PUMPHOUSE_PLAYGROUND: z
    .string()
    .regex(/^(local|s3:\/\/.+)$/, 'must be local, or s3:// with a bucket and a prefix')
    .optional()
    .register(settingDetails, {
      key: 'playground.location',
      description:
        "dlt's destination `playground`: `local` keeps it in the local data of each workspace, `s3://bucket/prefix` in a prefix per workspace; without it runs have none. See [playground](playground.md)",
      example: 's3://my-bucket/playground',
    }),
  PUMPHOUSE_PLAYGROUND_ROLE: z
    .string()
    .regex(/^arn:/, 'must be the ARN of a role')
    .optional()
    .register(settingDetails, {
      key: 'playground.role',
      description:
        'ARN of the role from which runs get credentials for their prefix, with `PUMPHOUSE_PLAYGROUND=s3://...`',
      example: 'arn:aws:iam::123456789012:role/playground',
    }),
  PUMPHOUSE_PLAYGROUND_STS_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .register(settingDetails, {
      key: 'playground.sts_endpoint',
      description: 'Address of the STS service that issues them',
      default: '`PUMPHOUSE_S3_ENDPOINT`, or that of AWS',
      example: 'https://s3.example.com',
    }),
  PUMPHOUSE_PLAYGROUND_HOURS: z.coerce.number().int().min(1).max(12).default(1).register(settingDetails, {
    key: 'playground.hours',
    description:
      'How long these credentials are valid: runs that write for longer need more; the role must permit it',
  }),
  PUMPHOUSE_PLAYGROUND_KEYS_FILE: z.string().optional().register(settingDetails, {
    key: 'playground.keys_file',
    description: 'JSON file with a key of the store for each workspace, instead of a role',
  }),
} as const;

type PlaygroundValues = z.output<z.ZodObject<typeof playgroundSettings>>;

/** Null: runs have no playground. */
export type PlaygroundConfig = { kind: 'local' } | { kind: 's3'; settings: S3PlaygroundSettings } | null;

interface PlaygroundSurroundings {
  blobs: BlobsLocation;
  /** Reads an S3 address with the credentials of the settings. */
  readS3: (setting: string, url: string) => S3Settings;
  /** Where runs reach the store, if not where the server does. */
  publicEndpoint: string | null;
}

/** @throws ConfigError */
export function readPlayground(values: PlaygroundValues, around: PlaygroundSurroundings): PlaygroundConfig {
  const url = values.PUMPHOUSE_PLAYGROUND;
  if (url === undefined) return null;
  if (url === 'local') return { kind: 'local' };
  const store = around.readS3('PUMPHOUSE_PLAYGROUND', url);
  requireApart(store, around.blobs);
  return {
    kind: 's3',
    settings: { store, runsEndpoint: around.publicEndpoint, source: readSource(values, store) },
  };
}

function readSource(values: PlaygroundValues, store: S3Settings): S3PlaygroundSettings['source'] {
  const { PUMPHOUSE_PLAYGROUND_ROLE: roleArn, PUMPHOUSE_PLAYGROUND_KEYS_FILE: path } = values;
  if ((roleArn === undefined) === (path === undefined))
    throw new ConfigError(
      'PUMPHOUSE_PLAYGROUND in S3 needs either PUMPHOUSE_PLAYGROUND_ROLE or PUMPHOUSE_PLAYGROUND_KEYS_FILE: a run never gets the key of the server. See docs/operate/playground.md.',
    );
  if (path !== undefined) return { kind: 'keys', path };
  const stsUrl =
    values.PUMPHOUSE_PLAYGROUND_STS_ENDPOINT ??
    store.endpoint ??
    `https://sts.${store.region}.amazonaws.com${store.region.startsWith('cn-') ? '.cn' : ''}`;
  return { kind: 'role', roleArn: roleArn ?? '', stsUrl, hours: values.PUMPHOUSE_PLAYGROUND_HOURS };
}

/** A run that could write where the server keeps its blobs could replace the code of others. */
function requireApart(store: S3Settings, blobs: BlobsLocation): void {
  if (blobs.kind !== 's3' || blobs.settings.bucket !== store.bucket) return;
  const [one, other] = [`${store.prefix}/`, `${blobs.settings.prefix}/`];
  const isApart =
    store.prefix !== '' && blobs.settings.prefix !== '' && !one.startsWith(other) && !other.startsWith(one);
  if (!isApart)
    throw new ConfigError(
      'PUMPHOUSE_PLAYGROUND and PUMPHOUSE_BLOBS_URL overlap. Use another bucket for the playground, or two prefixes of which none is in the other.',
    );
}
