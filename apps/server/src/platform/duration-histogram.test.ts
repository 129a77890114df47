import { array, assert, asyncProperty, constantFrom, double, oneof, tuple } from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createDurationHistogram } from './duration-histogram.ts';
import { propertySeed } from '../../../../testing/fixtures/property-seed.ts';

const shared = { name: 'seconds', help: 'Durations' };
const buckets = [0.001, 0.0025, 0.5, 1, 10];
/** Limits themselves, the values next to them, and others. */
const someSeconds = oneof(
  constantFrom(...buckets, 0, 0.000_999, 0.001_001, 10.1, 1e9),
  double({ min: 0, max: 20, noNaN: true }),
);

async function readBoth(registry: Registry): Promise<{ text: string; samples: unknown }> {
  const samples = (await registry.getMetricsAsJSON()).map(({ name, help, values }) => ({
    name,
    help,
    values: (values as { metricName?: string; labels: object; value: number }[]).map(
      ({ metricName, labels, value }) => ({ metricName, labels, value }),
    ),
  }));
  return { text: await registry.metrics(), samples };
}

it('returns what the histogram of prom-client returns', async () => {
  const observations = array(tuple(constantFrom('select', 'with', '"quoted\\"'), someSeconds));
  await assert(
    asyncProperty(observations, async (observed) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const observe = createDurationHistogram(ours, {
        ...shared,
        labelName: 'kind',
        limitsSeconds: buckets,
      });
      const histogram = new Histogram({ ...shared, labelNames: ['kind'], buckets, registers: [theirs] });
      for (const [label, seconds] of observed) {
        observe(label, seconds);
        histogram.observe({ kind: label }, seconds);
      }
      expect(await readBoth(ours)).toEqual(await readBoth(theirs));
    }),
    { seed: propertySeed },
  );
});

it('has one series from the start without a label', async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const observe = createDurationHistogram(ours, { ...shared, labelName: null, limitsSeconds: buckets });
  const histogram = new Histogram({ ...shared, buckets, registers: [theirs] });
  expect(await readBoth(ours)).toEqual(await readBoth(theirs));
  observe('', 0.3);
  histogram.observe(0.3);
  expect(await readBoth(ours)).toEqual(await readBoth(theirs));
});

it('rejects a second metric with its name', () => {
  const registry = new Registry();
  const add = () => createDurationHistogram(registry, { ...shared, labelName: null, limitsSeconds: buckets });
  add();
  expect(add).toThrow('already been registered');
});
