import type { ExportResult } from '@opentelemetry/core';
import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetricSender, type MetricExporter } from './metric-sender.ts';
import { ExportResultCode } from '@opentelemetry/core';

const settings = {
  url: 'http://127.0.0.1:1/v1/metrics',
  headers: {},
  timeoutMs: 1000,
  compression: 'none',
  tls: {},
  resource: { 'service.name': 'pumphouse' },
  intervalMs: 1000,
  temporality: 'cumulative',
} as const;

function createFixture() {
  const registry = new Registry();
  registry.registerMetric(new Counter({ name: 'starts_total', help: 'Starts', registers: [] }));
  const exported: string[] = [];
  const results: string[] = [];
  const warnings: string[] = [];
  const pending: ((result: ExportResult) => void)[] = [];
  const exporter: MetricExporter = {
    export({ scopeMetrics }, onResult) {
      exported.push(
        ...scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name)),
      );
      pending.push(onResult);
    },
    shutdown: async () => undefined,
  };
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const sender = createMetricSender(settings, {
    readMetrics: () => registry.getMetricsAsJSON(),
    instruments: { metricsExported: (result) => results.push(result) },
    log,
    exporter,
  });
  const answer = async (result: ExportResult) => {
    await expect.poll(() => pending.length).toBe(1);
    pending.pop()?.(result);
  };
  return { sender, exported, results, warnings, answer };
}

it('has one export under way at a time', async () => {
  const { sender, exported, answer } = createFixture();
  const sent = [sender.send(), sender.send()];
  await answer({ code: ExportResultCode.SUCCESS });
  await Promise.all(sent);
  expect(exported).toEqual(['starts_total']);
});

it('counts failures, never rejects, and warns once', async () => {
  const { sender, results, warnings, answer } = createFixture();
  for (let count = 0; count < 2; count += 1) {
    const sent = sender.send();
    await answer({ code: ExportResultCode.FAILED, error: new Error('away') });
    await sent;
  }
  expect(results).toEqual(['failed', 'failed']);
  expect(warnings).toHaveLength(1);
});

it('sends a last time when it closes, but not to a collector that is away', async () => {
  const working = createFixture();
  const closed = working.sender.close();
  await working.answer({ code: ExportResultCode.SUCCESS });
  await closed;
  expect(working.results).toEqual(['sent']);
  const failing = createFixture();
  const sent = failing.sender.send();
  await failing.answer({ code: ExportResultCode.FAILED });
  await sent;
  await failing.sender.close();
  expect(failing.results).toEqual(['failed']);
});
