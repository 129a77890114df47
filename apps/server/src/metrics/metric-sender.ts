import type { ExportResult } from '@opentelemetry/core';
import type { Instruments } from '../platform/instruments.ts';
import type { Logger } from 'pino';
import type { OtlpTransport } from '../platform/otlp-transport.ts';
import type { ReadMetric, Temporality } from './translate-metrics.ts';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { createTranslator } from './translate-metrics.ts';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { setTimeout as delay } from 'node:timers/promises';
import { toExporterOptions } from '../platform/otlp-transport.ts';

export interface OtlpMetricsSettings extends OtlpTransport {
  intervalMs: number;
  temporality: Temporality;
}

export interface MetricSender {
  /** Sends the metrics as they are now. Never rejects: a collector that is away harms nothing. */
  send(): Promise<void>;
  /** Sends them a last time, if the collector has answered, and stops. */
  close(): Promise<void>;
}

export interface MetricSenderParts {
  /** Everything that `/metrics` has. */
  readMetrics: () => Promise<readonly ReadMetric[]>;
  instruments: Pick<Instruments, 'metricsExported'>;
  log: Logger;
  /** The default is the exporter of OpenTelemetry. */
  exporter?: MetricExporter;
}

export interface MetricExporter {
  export(metrics: ResourceMetrics, onResult: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

const maxCloseMs = 3000;
/** A collector that is down is in the log once in this time. */
const warnPauseMs = 10 * 60_000;

/** Creates a sender of metrics over OTLP, as protobuf over HTTP. One export is under way at a time. */
export function createMetricSender(
  settings: OtlpMetricsSettings,
  {
    readMetrics,
    instruments,
    log,
    exporter = new OTLPMetricExporter(toExporterOptions(settings)),
  }: MetricSenderParts,
): MetricSender {
  const { resource: attributes, temporality } = settings;
  const resource = resourceFromAttributes(attributes);
  const startedAtMs = Date.now() - process.uptime() * 1000;
  const translate = createTranslator({ startedAtMs, temporality });
  let sending: Promise<void> | null = null;
  let isFailing = false;
  let warnedAt = -Infinity;

  async function sendOnce(): Promise<void> {
    try {
      const { metrics, accept } = translate(await readMetrics(), Date.now());
      const scopeMetrics = [{ scope: { name: 'pumphouse' }, metrics }];
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      exporter.export({ resource, scopeMetrics }, ({ code, error }) => {
        if (code === ExportResultCode.SUCCESS) resolve();
        else reject(error ?? new Error('The collector did not accept the metrics.'));
      });
      await promise;
      accept();
      isFailing = false;
      instruments.metricsExported('sent');
    } catch (error) {
      isFailing = true;
      instruments.metricsExported('failed');
      warn(error);
    }
  }

  function warn(error: unknown): void {
    const now = Date.now();
    if (now - warnedAt < warnPauseMs) return;
    warnedAt = now;
    log.warn({ err: error }, 'metrics were not sent to the collector; nothing else is affected');
  }

  function send(): Promise<void> {
    sending ??= sendOnce().finally(() => {
      sending = null;
    });
    return sending;
  }

  return {
    send,
    async close() {
      if (!isFailing) await Promise.race([send(), delay(maxCloseMs, undefined, { ref: false })]);
      await exporter.shutdown().catch(() => undefined);
    },
  };
}
