/** Reads the settings of metrics and traces from the environment; only `config.ts` uses this module. */
import { z } from 'zod';
import type { OtlpMetricsSettings } from '../metrics/metric-sender.ts';
import type { OtlpTracesSettings } from '../traces/otlp-sender.ts';
import { otlpSettings, OtlpSettingError, readOtlpMetrics, readOtlpTraces } from './otlp-settings.ts';
import { readSecretFile } from './read-secret-file.ts';

export const observabilitySettings = {
  PUMPHOUSE_METRICS_TOKEN_FILE: z
    .string()
    .optional()
    .describe(
      'File with a token that `/metrics` requires as `Authorization: Bearer ...` (default: `/metrics` needs no credential)',
    ),
  ...otlpSettings,
} as const;

type Values = z.output<z.ZodObject<typeof observabilitySettings>>;

export interface ObservabilityConfig {
  /** Null: `/metrics` needs no credential. */
  metricsToken: string | null;
  /** Null: no traces are sent. */
  traces: OtlpTracesSettings | null;
  /** Null: metrics are only served at `/metrics`. */
  metrics: OtlpMetricsSettings | null;
  /** What is not sent although an address is set, and why. They contain no values, which may be secret. */
  warnings: string[];
}

/** @throws ConfigError if the file of the token cannot be read */
export function readObservability(values: Values): ObservabilityConfig {
  const file = values.PUMPHOUSE_METRICS_TOKEN_FILE;
  const metricsToken = file === undefined ? null : readSecretFile('PUMPHOUSE_METRICS_TOKEN_FILE', file);
  const warnings: string[] = [];
  return {
    metricsToken,
    traces: orWarning('traces', () => readOtlpTraces(values), warnings),
    metrics: orWarning('metrics', () => readOtlpMetrics(values), warnings),
    warnings,
  };
}

/** Such variables are often set for all programs of a machine: none keeps the server from starting. */
function orWarning<Settings>(
  signal: string,
  read: () => Settings | null,
  warnings: string[],
): Settings | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OtlpSettingError)) throw error;
    warnings.push(`No ${signal} are sent: ${error.message}`);
    return null;
  }
}
