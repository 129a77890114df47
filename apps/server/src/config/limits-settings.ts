/** Reads limits of requests and uploads; only `config.ts` uses this module. */
import { z } from 'zod';
import { settingDetails } from './setting-details.ts';

const megabyte = 1024 * 1024;

export const limitsSettings = {
  PUMPHOUSE_MAX_UPLOAD_MB: z.coerce
    .number()
    .int()
    .min(1)
    .default(512)
    .register(settingDetails, { key: 'limits.max_upload_mb', description: 'Largest code archive, packed' }),
  PUMPHOUSE_MAX_UNPACKED_MB: z.coerce.number().int().min(1).default(2048).register(settingDetails, {
    key: 'limits.max_unpacked_mb',
    description: 'Largest code archive, unpacked',
  }),
  PUMPHOUSE_API_REQUESTS_PER_MINUTE: z.coerce.number().int().min(0).default(6000).register(settingDetails, {
    key: 'limits.api_requests_per_minute',
    description:
      'Requests to the API that a key, a session, a run or an unauthenticated address may send to this server in a minute; 0: no limit. See [limits](limits.md#requests)',
    reload: true,
  }),
} as const;

type Values = z.output<z.ZodObject<typeof limitsSettings>>;

export interface LimitsConfig {
  maxUploadBytes: number;
  maxUnpackedBytes: number;
  apiRequestsPerMinute: number;
}

/** Reads the limits. */
export function readLimits(values: Values): LimitsConfig {
  return {
    maxUploadBytes: values.PUMPHOUSE_MAX_UPLOAD_MB * megabyte,
    maxUnpackedBytes: values.PUMPHOUSE_MAX_UNPACKED_MB * megabyte,
    apiRequestsPerMinute: values.PUMPHOUSE_API_REQUESTS_PER_MINUTE,
  };
}
