/** Reads what is kept for how long; only `config.ts` uses this module. */
import { z } from 'zod';
import type { PendingLimits } from '../domain/pipelines/pending-packages.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import {
  defaultRetention,
  parseRetention,
  RetentionSyntaxError,
} from '../domain/retention/retention-limits.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const retentionSettings = {
  PUMPHOUSE_PENDING_MAX_GB: z.coerce.number().min(0).max(10_000).default(20).register(settingDetails, {
    key: 'retention.pending_max_gb',
    description:
      'Gigabytes of load packages that unfinished runs of a workspace and profile may leave for the next run; 0 keeps none. See [pending packages](../concepts/pending-packages.md)',
  }),
  PUMPHOUSE_PENDING_DAYS: z.coerce.number().int().min(1).max(365).default(30).register(settingDetails, {
    key: 'retention.pending_days',
    description: 'Days after which load packages that no run has finished are dropped',
  }),
  PUMPHOUSE_RETENTION: z.string().default(defaultRetention).register(settingDetails, {
    key: 'retention.limits',
    description: 'Retention of each kind of data by age and size, or `off`; see [storage](storage.md)',
    form: 'pairs',
    reload: true,
  }),
} as const;

type Values = z.output<z.ZodObject<typeof retentionSettings>>;

export interface RetentionConfig {
  retention: RetentionLimits;
  pendingPackages: PendingLimits;
}

/** @throws ConfigError */
export function readRetentionConfig(values: Values): RetentionConfig {
  return {
    retention: readRetention(values.PUMPHOUSE_RETENTION),
    pendingPackages: {
      maxBytes: Math.round(values.PUMPHOUSE_PENDING_MAX_GB * 1024 ** 3),
      maxDays: values.PUMPHOUSE_PENDING_DAYS,
    },
  };
}

function readRetention(text: string): RetentionLimits {
  try {
    return parseRetention(text);
  } catch (error) {
    if (!(error instanceof RetentionSyntaxError)) throw error;
    throw new ConfigError(`PUMPHOUSE_RETENTION: ${error.message}`);
  }
}
