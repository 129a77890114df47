import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'pumphouse-otlp-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (env: NodeJS.ProcessEnv) => readConfig(env).observability;
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };

describe('the variables of OpenTelemetry', () => {
  it('send nothing without an address, or when the SDK is disabled', () => {
    expect(read({})).toMatchObject({ traces: null, metrics: null, warnings: [] });
    expect(read({ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' })).toMatchObject({ traces: null, metrics: null });
  });

  it('send traces and metrics to one address, or each to its own', () => {
    expect(read(endpoint)).toMatchObject({
      traces: { url: 'http://collector:4318/v1/traces', ratio: 1, timeoutMs: 10_000 },
      metrics: {
        url: 'http://collector:4318/v1/metrics',
        intervalMs: 60_000,
        temporality: 'cumulative',
        compression: 'none',
        resource: { 'service.name': 'pumphouse' },
      },
    });
    const own = 'https://metrics.example.com/otlp';
    const { traces, metrics } = read({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: own });
    expect(traces).toBeNull();
    expect(metrics?.url).toBe(own);
  });

  it('switch one of the two off', () => {
    expect(read({ ...endpoint, OTEL_METRICS_EXPORTER: 'none' })).toMatchObject({
      metrics: null,
      warnings: [],
    });
    expect(read({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toMatchObject({ traces: null, warnings: [] });
  });

  it('prefer what is for one of the two', () => {
    const file = join(folder, 'ca.pem');
    writeFileSync(file, 'a certificate');
    const { traces, metrics } = read({
      ...endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'b=3%204',
      OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3000',
      OTEL_METRIC_EXPORT_INTERVAL: '15000',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'Delta',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_CERTIFICATE: file,
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=one,service.instance.id=2',
      OTEL_SERVICE_NAME: 'other',
    });
    expect(traces).toMatchObject({ headers: { a: '1', b: '2' }, timeoutMs: 2000 });
    expect(metrics).toMatchObject({
      headers: { a: '1', b: '3 4' },
      timeoutMs: 3000,
      intervalMs: 15_000,
      temporality: 'delta',
      compression: 'gzip',
      tls: { ca: Buffer.from('a certificate') },
      resource: { 'service.name': 'other', 'service.instance.id': '2' },
    });
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 2],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'token-8842' }, 2],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'collector:token-8842' }, 1],
    [{ OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/token-8842' }, 2],
    [{ OTEL_METRICS_EXPORTER: 'prometheus' }, 1],
    [{ OTEL_METRIC_EXPORT_INTERVAL: '10' }, 1],
    [{ OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'gamma' }, 1],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zip' }, 2],
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 1],
  ])('warn of %j and never repeat values', (variables, count) => {
    const { warnings } = read({ ...endpoint, ...variables });
    expect(warnings).toHaveLength(count);
    expect(warnings.join()).toMatch(/^No (traces|metrics) are sent: OTEL_/);
    expect(warnings.join()).not.toContain('token-8842');
  });
});
