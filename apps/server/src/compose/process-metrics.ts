import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Nanoseconds in a second. */
const perSecond = 1e9;
/** A finer resolution wakes an idle process more often. */
const resolutionMs = 50;
const percentiles = { p50: 50, p99: 99 } as const;

/**
 * Adds what the process uses, read at each scrape.
 * @returns a function that stops measuring
 */
export function collectProcessMetrics(registry: Registry): () => void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const lateness = new Gauge({
    name: 'pumphouse_event_loop_delay_seconds',
    help: 'Delay of the event loop since the previous scrape',
    labelNames: ['quantile'],
    registers: [],
    collect() {
      // The measured time between two timers includes their interval.
      const excess = (ns: number) =>
        Math.max(0, (Number.isFinite(ns) ? ns : 0) / perSecond - resolutionMs / 1000);
      for (const [quantile, value] of Object.entries(percentiles))
        this.set({ quantile }, excess(delays.percentile(value)));
      this.set({ quantile: 'max' }, excess(delays.max));
      delays.reset();
    },
  });
  registry.registerMetric(lateness);
  const measure = (name: string, help: string, read: () => number): void => {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    });
    registry.registerMetric(gauge);
  };
  const processorTime = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of the process, user and system',
    registers: [],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  registry.registerMetric(processorTime);
  measure('process_resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss());
  // Computed once: it would differ by microseconds each time.
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  measure('process_start_time_seconds', 'When the process started', () => startedAtSeconds);
  measure('nodejs_heap_size_used_bytes', 'Used heap of the process', () => process.memoryUsage().heapUsed);
  return () => delays.disable();
}
