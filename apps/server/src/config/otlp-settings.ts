/** Reads the settings of OpenTelemetry from the environment; only `observability-settings.ts` uses this module. */
import { z } from 'zod';
import { readFileSync } from 'node:fs';
import type { OtlpMetricsSettings } from '../metrics/metric-sender.ts';
import type { OtlpTransport } from '../platform/otlp-transport.ts';
import type { OtlpTracesSettings } from '../traces/otlp-sender.ts';
import { ExportSettingError } from './export-setting-error.ts';
import { settingDetails, type SettingDetails } from './setting-details.ts';

const optional = (details: SettingDetails) => z.string().optional().register(settingDetails, details);

/** The variables of the OpenTelemetry specification that the server follows. */
export const otlpSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: optional({
    key: 'otlp.endpoint',
    description:
      'Address of an OpenTelemetry collector, such as `http://collector:4318`: it gets a trace of each run, and the metrics; without it nothing is sent. See [observability](observability.md#traces)',
    example: 'http://collector:4318',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional({
    key: 'otlp.traces_endpoint',
    description: 'Full address for traces, instead of the address above',
  }),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: optional({
    key: 'otlp.metrics_endpoint',
    description: 'Full address for metrics, instead of the address above',
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: optional({
    key: 'otlp.protocol',
    description: 'Protocol of the collector: only `http/protobuf`',
    default: '`http/protobuf`',
  }),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: optional({
    key: 'otlp.traces_protocol',
    description: 'The same for traces only',
  }),
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: optional({
    key: 'otlp.metrics_protocol',
    description: 'The same for metrics only',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: optional({
    key: 'otlp.headers',
    description: 'Headers for the collector, as `<name>=<value>` separated by commas',
    form: 'encoded-pairs',
    secret: 'value',
  }),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: optional({
    key: 'otlp.traces_headers',
    description: 'Further headers for traces only',
    form: 'encoded-pairs',
    secret: 'value',
  }),
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: optional({
    key: 'otlp.metrics_headers',
    description: 'Further headers for metrics only',
    form: 'encoded-pairs',
    secret: 'value',
  }),
  OTEL_EXPORTER_OTLP_TIMEOUT: optional({
    key: 'otlp.timeout_ms',
    description: 'Milliseconds after which a batch is given up',
    form: 'number',
    default: '`10000`',
  }),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: optional({
    key: 'otlp.traces_timeout_ms',
    example: '10000',
    description: 'The same for traces only',
    form: 'number',
  }),
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: optional({
    key: 'otlp.metrics_timeout_ms',
    example: '10000',
    description: 'The same for metrics only',
    form: 'number',
  }),
  OTEL_EXPORTER_OTLP_COMPRESSION: optional({
    key: 'otlp.compression',
    description: '`gzip` or `none`',
    default: '`none`',
  }),
  OTEL_EXPORTER_OTLP_CERTIFICATE: optional({
    key: 'otlp.certificate',
    description: 'File with the certificates that https trusts, instead of those of Node.js',
  }),
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: optional({
    key: 'otlp.client_certificate',
    description: 'File with the certificate that the server presents',
  }),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: optional({
    key: 'otlp.client_key',
    description: 'File with its private key',
  }),
  OTEL_SERVICE_NAME: optional({
    key: 'otlp.service_name',
    description: 'Name of the service in traces and metrics',
    default: '`pumphouse`',
  }),
  OTEL_RESOURCE_ATTRIBUTES: optional({
    key: 'otlp.resource_attributes',
    description:
      'Attributes of all traces and metrics, as `<name>=<value>` separated by commas, such as `deployment.environment.name=production`',
    form: 'encoded-pairs',
  }),
  OTEL_TRACES_EXPORTER: optional({
    key: 'otlp.traces_exporter',
    description: '`otlp`, or `none` for no traces',
    default: '`otlp`',
  }),
  OTEL_TRACES_SAMPLER: optional({
    key: 'otlp.traces_sampler',
    description:
      'Which traces are sent: `always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`, which is the same for runs',
    default: '`always_on`',
  }),
  OTEL_TRACES_SAMPLER_ARG: optional({
    key: 'otlp.traces_sampler_arg',
    description: 'Share of the traces for `traceidratio`, from 0 to 1',
    form: 'number',
    default: '`1`',
  }),
  OTEL_METRICS_EXPORTER: optional({
    key: 'otlp.metrics_exporter',
    description: '`otlp`, or `none` for `/metrics` only',
    default: '`otlp`',
  }),
  OTEL_METRIC_EXPORT_INTERVAL: optional({
    key: 'otlp.metric_export_interval_ms',
    description: 'Milliseconds between two exports of metrics, 1000 or more',
    form: 'number',
    default: '`60000`',
  }),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: optional({
    key: 'otlp.metrics_temporality',
    description:
      'Counters and histograms since the start of the server (`cumulative`) or since the previous export (`delta`, `lowmemory`)',
    default: '`cumulative`',
  }),
  OTEL_SDK_DISABLED: optional({
    key: 'otlp.disabled',
    description: 'Whether to send neither traces nor metrics',
    form: 'flag',
    default: '`false`',
  }),
} as const;

export type OtlpValues = z.output<z.ZodObject<typeof otlpSettings>>;

type Signal = 'TRACES' | 'METRICS';

const defaultTimeoutMs = 10_000;
const defaultIntervalMs = 60_000;
const minIntervalMs = 1000;
const maxTimeMs = 600_000;

/**
 * @returns null if no traces are to be sent
 * @throws ExportSettingError
 */
export function readOtlpTraces(values: OtlpValues): OtlpTracesSettings | null {
  const transport = readTransport(values, 'TRACES');
  return transport && { ...transport, ratio: readRatio(values) };
}

/**
 * @returns null if metrics are not to be sent
 * @throws ExportSettingError
 */
export function readOtlpMetrics(values: OtlpValues): OtlpMetricsSettings | null {
  const transport = readTransport(values, 'METRICS');
  if (!transport) return null;
  const interval = 'OTEL_METRIC_EXPORT_INTERVAL';
  return {
    ...transport,
    intervalMs: readNumber(interval, values[interval], {
      fallback: defaultIntervalMs,
      min: minIntervalMs,
      max: 24 * 3_600_000,
    }),
    temporality: readTemporality(values.OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE),
  };
}

function readTransport(values: OtlpValues, signal: Signal): OtlpTransport | null {
  const url = readUrl(values, signal);
  if (url === null || values.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return null;
  const exporter = values[`OTEL_${signal}_EXPORTER`] ?? 'otlp';
  if (exporter === 'none') return null;
  if (exporter !== 'otlp') throw new ExportSettingError(`OTEL_${signal}_EXPORTER must be otlp or none.`);
  const protocol = values[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] ?? values.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol !== undefined && protocol !== 'http/protobuf')
    throw new ExportSettingError(
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, which collectors accept at port 4318.',
    );
  const ownHeaders = `OTEL_EXPORTER_OTLP_${signal}_HEADERS` as const;
  const ownTimeout = `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT` as const;
  const attributes = readPairs('OTEL_RESOURCE_ATTRIBUTES', values.OTEL_RESOURCE_ATTRIBUTES);
  return {
    url,
    headers: {
      ...readPairs('OTEL_EXPORTER_OTLP_HEADERS', values.OTEL_EXPORTER_OTLP_HEADERS),
      ...readPairs(ownHeaders, values[ownHeaders]),
    },
    timeoutMs: readNumber(ownTimeout, values[ownTimeout] ?? values.OTEL_EXPORTER_OTLP_TIMEOUT, {
      fallback: defaultTimeoutMs,
      min: 1,
      max: maxTimeMs,
    }),
    compression: readCompression(values.OTEL_EXPORTER_OTLP_COMPRESSION),
    tls: readTls(values),
    resource: {
      ...attributes,
      'service.name': values.OTEL_SERVICE_NAME ?? attributes['service.name'] ?? 'pumphouse',
    },
  };
}

function readUrl(values: OtlpValues, signal: Signal): string | null {
  const own = values[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (own === undefined && base === undefined) return null;
  const text = own ?? `${base?.replace(/\/+$/, '')}/v1/${signal.toLowerCase()}`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new ExportSettingError(
      `${own === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`} must be an http:// or https:// address, such as http://collector:4318.`,
    );
  return text;
}

function readPairs(setting: string, text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new ExportSettingError(`${setting} must be <name>=<value>, separated by commas.`);
      return [decode(setting, pair.slice(0, at)), decode(setting, pair.slice(at + 1))];
    }),
  );
}

function decode(setting: string, text: string): string {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    throw new ExportSettingError(`${setting} has a percent sign that begins no encoded character.`);
  }
}

function readRatio(values: OtlpValues): number {
  const sampler = (values.OTEL_TRACES_SAMPLER ?? 'always_on').replace(/^parentbased_/, '');
  if (sampler === 'always_on') return 1;
  if (sampler === 'always_off') return 0;
  if (sampler !== 'traceidratio')
    throw new ExportSettingError('OTEL_TRACES_SAMPLER must be always_on, always_off or traceidratio.');
  const argument = values.OTEL_TRACES_SAMPLER_ARG;
  return readNumber('OTEL_TRACES_SAMPLER_ARG', argument, { fallback: 1, min: 0, max: 1 });
}

function readNumber(
  setting: string,
  text: string | undefined,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text.trim()) || value < min || value > max)
    throw new ExportSettingError(`${setting} must be a number from ${min} to ${max}.`);
  return value;
}

function readCompression(text: string | undefined): OtlpTransport['compression'] {
  if (text === undefined || text === 'none') return 'none';
  if (text !== 'gzip') throw new ExportSettingError('OTEL_EXPORTER_OTLP_COMPRESSION must be gzip or none.');
  return text;
}

function readTemporality(text: string | undefined): OtlpMetricsSettings['temporality'] {
  const preference = text?.toLowerCase() ?? 'cumulative';
  if (preference !== 'cumulative' && preference !== 'delta' && preference !== 'lowmemory')
    throw new ExportSettingError(
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE must be cumulative, delta or lowmemory.',
    );
  return preference;
}

function readTls(values: OtlpValues): OtlpTransport['tls'] {
  const files = {
    ca: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
    cert: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    key: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
  } as const;
  return Object.fromEntries(
    Object.entries(files).flatMap(([part, setting]) => {
      const file = values[setting];
      return file === undefined ? [] : [[part, readPem(setting, file)]];
    }),
  );
}

function readPem(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new ExportSettingError(`${setting} names a file that cannot be read.`);
  }
}
