import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { ExportResult } from '@opentelemetry/core';
import type { Instruments } from '../platform/instruments.ts';
import type { OtlpTransport } from '../platform/otlp-transport.ts';
import type { Span, SpanSender } from './span.ts';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { createExportQueue } from '../platform/export-queue.ts';
import { isSampledAt } from './trace-ids.ts';
import { toExporterOptions } from '../platform/otlp-transport.ts';

export interface OtlpTracesSettings extends OtlpTransport {
  /** Share of the traces that is sent, from 0 to 1. */
  ratio: number;
}

const maxQueuedSpans = 4096;
const maxSpansOfBatch = 512;

/** Sends spans over OTLP, as protobuf over HTTP. The exporter retries what a busy collector rejects. */
export function createOtlpSender(
  settings: OtlpTracesSettings,
  { instruments, log }: { instruments: Instruments; log: Logger },
): SpanSender {
  const { resource: attributes, ratio } = settings;
  const exporter = new OTLPTraceExporter(toExporterOptions(settings));
  const common = {
    resource: resourceFromAttributes(attributes),
    instrumentationScope: { name: 'pumphouse' },
    kind: SpanKind.INTERNAL,
    links: [],
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  const queue = createExportQueue<Span>({
    onSent: instruments.spansSent,
    onLost: instruments.spansLost,
    log,
    failureMessage: 'traces were not sent; runs are not affected',
    maxQueued: maxQueuedSpans,
    maxBatch: maxSpansOfBatch,
    async exportBatch(spans) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const batch = spans.map((span) => ({ ...common, ...toReadableSpan(span) }));
      exporter.export(batch, ({ code, error }: ExportResult) => {
        if (code === ExportResultCode.SUCCESS) resolve();
        else reject(error ?? new Error('The collector did not accept the traces.'));
      });
      await promise;
    },
  });
  return {
    ...queue,
    isSampled: (traceId) => isSampledAt(ratio, traceId),
    async close() {
      await queue.close();
      await exporter.shutdown().catch(() => undefined);
    },
  };
}

const statusCodes = {
  unset: SpanStatusCode.UNSET,
  ok: SpanStatusCode.OK,
  error: SpanStatusCode.ERROR,
} as const;
const sampledFlag = 1;

function toReadableSpan({ traceId, spanId, parentSpanId, status, message, ...span }: Span) {
  const context = (id: string) => ({ traceId, spanId: id, traceFlags: sampledFlag });
  const own = context(spanId);
  return {
    name: span.name,
    spanContext: () => own,
    ...(parentSpanId !== null && { parentSpanContext: context(parentSpanId) }),
    startTime: toHrTime(span.startedAt.getTime()),
    endTime: toHrTime(span.endedAt.getTime()),
    duration: toHrTime(span.endedAt.getTime() - span.startedAt.getTime()),
    status: { code: statusCodes[status ?? 'unset'], ...(message !== null && { message }) },
    attributes: span.attributes,
  } satisfies Partial<ReadableSpan>;
}

function toHrTime(ms: number): [seconds: number, nanoseconds: number] {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1_000_000)];
}
