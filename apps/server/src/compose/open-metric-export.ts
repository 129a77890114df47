import type { Config } from '../config/config.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { Logger } from 'pino';
import type { LoopDefinition } from '../platform/loops.ts';
import type { MetricSender } from '../metrics/metric-sender.ts';
import type { ReadMetric } from '../metrics/translate-metrics.ts';
import type { Backlog } from '../services/runs/read-backlog.ts';
import type { Readiness } from '../api/probes/readiness.ts';
import { registerState } from '../api/probes/metrics-serializers.ts';

interface MetricExportParts {
  readiness: () => Promise<Readiness>;
  /** Null if it cannot be read at the moment. */
  readBacklog: () => Promise<Backlog | null>;
  instruments: Instruments;
  /** Tells the servers of an installation apart. */
  serverId: string;
  log: Logger;
}

/**
 * Opens the export of everything that `/metrics` has. Installations without a collector do not load OpenTelemetry;
 * they get null.
 */
export async function openMetricExport(
  { observability: { metrics: settings } }: Pick<Config, 'observability'>,
  { readiness, readBacklog, instruments, serverId, log }: MetricExportParts,
): Promise<{ sender: MetricSender; loop: LoopDefinition } | null> {
  if (!settings) return null;
  const { createMetricSender } = await import('../metrics/metric-sender.ts');
  const resource = { 'service.instance.id': serverId, ...settings.resource };
  const sender = createMetricSender(
    { ...settings, resource },
    {
      async readMetrics(): Promise<ReadMetric[]> {
        const [ready, backlog] = await Promise.all([readiness(), readBacklog()]);
        const [state, counted] = await Promise.all([
          registerState(ready, backlog).getMetricsAsJSON(),
          instruments.registry.getMetricsAsJSON(),
        ]);
        return [...state, ...counted];
      },
      instruments,
      log,
    },
  );
  return { sender, loop: defineMetricsLoop(sender, settings.intervalMs) };
}

function defineMetricsLoop(sender: MetricSender, intervalMs: number): LoopDefinition {
  return {
    name: 'metrics',
    intervalMs,
    firstDelayMs: intervalMs,
    // A collector that does not answer must not hold up the end of the server.
    async iterate(signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve(), { once: true });
      await Promise.race([sender.send(), promise]);
    },
    failureMessage: 'metrics were not read for the collector; retried in the next iteration',
    readyWithinMs: null,
  };
}
