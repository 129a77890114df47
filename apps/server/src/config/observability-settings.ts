/** Reads the settings of metrics, traces and lineage events from the environment; only `config.ts` uses this module. */
import { z } from 'zod';
import type { OtlpMetricsSettings } from '../metrics/metric-sender.ts';
import type { OtlpTracesSettings } from '../traces/otlp-sender.ts';
import type { OpenLineageSettings } from '../openlineage/lineage-sender.ts';
import { ExportSettingError } from './export-setting-error.ts';
import { openLineageSettings, readOpenLineage } from './open-lineage-settings.ts';
import { otlpSettings, readOtlpMetrics, readOtlpTraces } from './otlp-settings.ts';
import { readSecretFile } from './read-secret-file.ts';
import { settingDetails } from './setting-details.ts';

export const observabilitySettings = {
  PUMPHOUSE_METRICS_TOKEN_FILE: z.string().optional().register(settingDetails, {
    key: 'metrics.token_file',
    description: 'File with a token that `/metrics` requires as `Authorization: Bearer ...`',
  }),
  ...otlpSettings,
  ...openLineageSettings,
} as const;

type Values = z.output<z.ZodObject<typeof observabilitySettings>>;

export interface ObservabilityConfig {
  /** Null: `/metrics` needs no credential. */
  metricsToken: string | null;
  /** Null: no traces are sent. */
  traces: OtlpTracesSettings | null;
  /** Null: metrics are only served at `/metrics`. */
  metrics: OtlpMetricsSettings | null;
  /** Null: no lineage events are sent. */
  lineage: OpenLineageSettings | null;
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
    lineage: orWarning('lineage events', () => readOpenLineage(values), warnings),
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
    if (!(error instanceof ExportSettingError)) throw error;
    warnings.push(`No ${signal} are sent: ${error.message}`);
    return null;
  }
}
