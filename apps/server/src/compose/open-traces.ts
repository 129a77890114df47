import type { Config } from '../config/config.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { Logger } from 'pino';
import type { SpanSender } from '../traces/span.ts';

/** Opens the sender of traces. Installations without a collector do not load OpenTelemetry; they get null. */
export async function openTraces(
  { observability: { traces } }: Pick<Config, 'observability'>,
  parts: { instruments: Instruments; log: Logger },
): Promise<SpanSender | null> {
  if (!traces) return null;
  const { createOtlpSender } = await import('../traces/otlp-sender.ts');
  return createOtlpSender(traces, parts);
}
