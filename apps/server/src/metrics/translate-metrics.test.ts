import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTranslator } from './translate-metrics.ts';

const startedAtMs = 1_000_000;
let registry: Registry;
let starts: Counter;
let durations: Histogram;
let free: Gauge;

beforeEach(() => {
  registry = new Registry();
  const registers = [registry];
  starts = new Counter({ name: 'starts_total', help: 'Starts', labelNames: ['kind'], registers });
  durations = new Histogram({
    name: 'work_seconds',
    help: 'Work',
    labelNames: ['step'],
    buckets: [0.1, 1],
    registers,
  });
  free = new Gauge({ name: 'free_bytes', help: 'Free', registers });
});

const read = () => registry.getMetricsAsJSON();

describe('the translation of metrics', () => {
  it('keeps names, labels and totals, and counts observations in each bucket alone', async () => {
    starts.inc({ kind: 'manual' }, 3);
    for (const seconds of [0.05, 0.05, 0.5, 7]) durations.observe({ step: 'load' }, seconds);
    free.set(12);
    const translate = createTranslator({ startedAtMs, temporality: 'cumulative' });
    const { metrics, accept } = translate(await read(), 2_000_500);
    expect(metrics).toMatchObject([
      {
        descriptor: { name: 'starts_total', description: 'Starts', unit: '' },
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPoints: [
          {
            attributes: { kind: 'manual' },
            value: 3,
            startTime: [1000, 0],
            endTime: [2000, 500_000_000],
          },
        ],
      },
      {
        descriptor: { name: 'work_seconds', unit: 's' },
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: [
          {
            attributes: { step: 'load' },
            value: { count: 4, sum: 7.6, buckets: { boundaries: [0.1, 1], counts: [2, 1, 1] } },
          },
        ],
      },
      {
        descriptor: { name: 'free_bytes', unit: 'By' },
        dataPointType: DataPointType.GAUGE,
        dataPoints: [{ attributes: {}, value: 12 }],
      },
    ]);
    accept();
    const again = translate(await read(), 3_000_000);
    expect(again.metrics[0]?.dataPoints[0]).toMatchObject({ value: 3, startTime: [1000, 0] });
  });

  it('leaves out metrics without a series', async () => {
    const { metrics } = createTranslator({ startedAtMs, temporality: 'cumulative' })(await read(), 2_000_000);
    expect(metrics.map(({ descriptor }) => descriptor.name)).toEqual(['free_bytes']);
  });

  it('reports changes since the export that the collector has accepted', async () => {
    const translate = createTranslator({ startedAtMs, temporality: 'delta' });
    starts.inc({ kind: 'manual' }, 3);
    durations.observe({ step: 'load' }, 0.05);
    translate(await read(), 2_000_000).accept();
    starts.inc({ kind: 'manual' }, 2);
    starts.inc({ kind: 'schedule' });
    durations.observe({ step: 'load' }, 0.5);
    // The collector is away.
    translate(await read(), 3_000_000);
    starts.inc({ kind: 'manual' }, 10);
    const { metrics } = translate(await read(), 4_000_000);
    expect(metrics[0]).toMatchObject({
      aggregationTemporality: AggregationTemporality.DELTA,
      dataPoints: [
        { attributes: { kind: 'manual' }, value: 12, startTime: [2000, 0], endTime: [4000, 0] },
        { attributes: { kind: 'schedule' }, value: 1, startTime: [1000, 0] },
      ],
    });
    expect(metrics[1]?.dataPoints[0]?.value).toMatchObject({ count: 1, buckets: { counts: [0, 1, 0] } });
    expect(metrics[2]).toMatchObject({ dataPointType: DataPointType.GAUGE });
  });

  it('keeps with lowmemory the totals of what is read from the process', async () => {
    new Counter({ name: 'process_cpu_seconds_total', help: 'Time', registers: [registry] }).inc(4);
    starts.inc({ kind: 'manual' });
    const { metrics } = createTranslator({ startedAtMs, temporality: 'lowmemory' })(await read(), 2_000_000);
    const temporalities = metrics.map((metric) => [metric.descriptor.name, metric.aggregationTemporality]);
    expect(Object.fromEntries(temporalities)).toMatchObject({
      starts_total: AggregationTemporality.DELTA,
      process_cpu_seconds_total: AggregationTemporality.CUMULATIVE,
    });
  });
});
