/** Reads the settings of metrics and traces from the environment; only `config.ts` uses this module. */
import { z } from 'zod';
import type { OtlpSettings } from '../traces/otlp-sender.ts';
import { readSecretFile } from './read-secret-file.ts';

const optional = (description: string) => z.string().optional().describe(description);

/** The variables named OTEL_ are those of the OpenTelemetry specification. */
export const observabilitySettings = {
  PUMPHOUSE_METRICS_TOKEN_FILE: optional(
    'File with a token that `/metrics` requires as `Authorization: Bearer ...` (default: `/metrics` needs no credential)',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    'Address of an OpenTelemetry collector, such as `http://collector:4318`: each run becomes a trace; without it none is sent. See [observability](observability.md#traces)',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional('Full address for traces, instead of the address above'),
  OTEL_EXPORTER_OTLP_PROTOCOL: optional('Protocol of the collector: only `http/protobuf`'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: optional('The same for traces only'),
  OTEL_EXPORTER_OTLP_HEADERS: optional(
    'Headers for the collector, as `<name>=<value>` separated by commas; may be secret',
  ),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: optional('The same for traces only'),
  OTEL_EXPORTER_OTLP_TIMEOUT: optional('Milliseconds after which a batch of spans is given up'),
  OTEL_SERVICE_NAME: optional('Name of the service in traces'),
  OTEL_RESOURCE_ATTRIBUTES: optional(
    'Attributes of every trace, as `<name>=<value>` separated by commas, such as `deployment.environment.name=production`',
  ),
  OTEL_TRACES_EXPORTER: optional('`otlp`, or `none` for no traces'),
  OTEL_TRACES_SAMPLER: optional(
    'Which traces are sent: `always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`, which is the same for runs',
  ),
  OTEL_TRACES_SAMPLER_ARG: optional('Share of the traces for `traceidratio`, from 0 to 1'),
  OTEL_SDK_DISABLED: optional('`true` sends no traces'),
} as const;

type Values = z.output<z.ZodObject<typeof observabilitySettings>>;

export interface ObservabilityConfig {
  /** Null: `/metrics` needs no credential. */
  metricsToken: string | null;
  /** Null: no traces are sent. */
  traces: OtlpSettings | null;
  /** Why traces are not sent although an address is set. They contain no values, which may be secret. */
  tracesWarnings: string[];
}

/** @throws ConfigError if the file of the token cannot be read */
export function readObservability(values: Values): ObservabilityConfig {
  const file = values.PUMPHOUSE_METRICS_TOKEN_FILE;
  const metricsToken = file === undefined ? null : readSecretFile('PUMPHOUSE_METRICS_TOKEN_FILE', file);
  try {
    return { metricsToken, traces: readTraces(values), tracesWarnings: [] };
  } catch (error) {
    // Such variables are often set for all programs of a machine: none keeps the server from starting.
    if (!(error instanceof TracesSettingError)) throw error;
    return { metricsToken, traces: null, tracesWarnings: [`No traces are sent: ${error.message}`] };
  }
}

class TracesSettingError extends Error {
  override readonly name = 'TracesSettingError';
}

const defaultTimeoutMs = 10_000;

/** @throws TracesSettingError */
function readTraces(values: Values): OtlpSettings | null {
  const url = readUrl(values);
  if (url === null || values.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return null;
  const exporter = values.OTEL_TRACES_EXPORTER ?? 'otlp';
  if (exporter === 'none') return null;
  if (exporter !== 'otlp') throw new TracesSettingError('OTEL_TRACES_EXPORTER must be otlp or none.');
  const protocol = values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? values.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol !== undefined && protocol !== 'http/protobuf')
    throw new TracesSettingError(
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, which collectors accept at port 4318.',
    );
  const attributes = readPairs('OTEL_RESOURCE_ATTRIBUTES', values.OTEL_RESOURCE_ATTRIBUTES);
  const serviceName = values.OTEL_SERVICE_NAME ?? attributes['service.name'] ?? 'pumphouse';
  return {
    url,
    headers: {
      ...readPairs('OTEL_EXPORTER_OTLP_HEADERS', values.OTEL_EXPORTER_OTLP_HEADERS),
      ...readPairs('OTEL_EXPORTER_OTLP_TRACES_HEADERS', values.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
    },
    timeoutMs: readNumber('OTEL_EXPORTER_OTLP_TIMEOUT', values.OTEL_EXPORTER_OTLP_TIMEOUT, {
      fallback: defaultTimeoutMs,
      max: 600_000,
    }),
    resource: { ...attributes, 'service.name': serviceName },
    ratio: readRatio(values),
  };
}

function readUrl(values: Values): string | null {
  const own = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (own === undefined && base === undefined) return null;
  const text = own ?? `${base?.replace(/\/+$/, '')}/v1/traces`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new TracesSettingError(
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// address, such as http://collector:4318.',
    );
  return text;
}

function readPairs(setting: string, text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new TracesSettingError(`${setting} must be <name>=<value>, separated by commas.`);
      return [decode(setting, pair.slice(0, at)), decode(setting, pair.slice(at + 1))];
    }),
  );
}

function decode(setting: string, text: string): string {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    throw new TracesSettingError(`${setting} has a percent sign that begins no encoded character.`);
  }
}

function readRatio(values: Values): number {
  const sampler = (values.OTEL_TRACES_SAMPLER ?? 'always_on').replace(/^parentbased_/, '');
  if (sampler === 'always_on') return 1;
  if (sampler === 'always_off') return 0;
  if (sampler !== 'traceidratio')
    throw new TracesSettingError('OTEL_TRACES_SAMPLER must be always_on, always_off or traceidratio.');
  const argument = values.OTEL_TRACES_SAMPLER_ARG;
  return readNumber('OTEL_TRACES_SAMPLER_ARG', argument, { fallback: 1, max: 1 });
}

function readNumber(
  setting: string,
  text: string | undefined,
  { fallback, max }: { fallback: number; max: number },
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text.trim()) || value > max)
    throw new TracesSettingError(`${setting} must be a number from 0 to ${max}.`);
  return value;
}
