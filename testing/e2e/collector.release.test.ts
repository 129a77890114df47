import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedSpan, TraceCollector } from '../fixtures/trace-collector.ts';
import { type Collector, startCollector } from '../fixtures/collector.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { startPrometheus } from '../fixtures/prometheus.ts';
import { type MetricsDatabase, type Series, startMetricsDatabase } from '../fixtures/metrics-database.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { startTraceCollector } from '../fixtures/trace-collector.ts';

/** Two resources, of which the second fails in the first attempt. */
const loads = `
import os
import dlt

@dlt.resource(write_disposition="append")
def orders():
    yield [{"id": number} for number in range(7)]

@dlt.resource(write_disposition="replace")
def customers():
    tried = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/tried"
    if not os.path.exists(tried):
        open(tried, "w").close()
        raise RuntimeError("the source is not there yet")
    yield [{"id": number} for number in range(3)]

if __name__ == "__main__":
    dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data").run([orders(), customers()])
`;

/** Metrics go straight to the database, and traces through the collector. */
let database: MetricsDatabase;
let receiver: TraceCollector;
let collector: Collector;
let server: TestServer;
let workspaceId: string;

beforeAll(async () => {
  [database, receiver] = await Promise.all([startMetricsDatabase(), startTraceCollector()]);
  collector = await startCollector({
    traces: `${receiver.endpoint}/v1/traces`,
    metrics: database.otlpUrl,
  });
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: database.otlpUrl,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=night',
  });
  workspaceId = await createWorkspace(server, 'collected');
  await deployWorkspace(server, workspaceId, {
    files: { 'loads.py': loads },
    jobs: [defineScriptJob('loads')],
    configuration: { 'config.toml': '[pumphouse.jobs.loads]\nretries = { count = 1, backoff = "1s" }\n' },
    requirements: ['dlt[duckdb]==1.31.0'],
  });
});
afterAll(async () => {
  await server?.remove();
  await Promise.all([collector?.close(), receiver?.close(), database?.remove()]);
});

describe('a run whose first attempt fails, in a real collector', () => {
  let jobRunId: string;
  let spans: ReceivedSpan[];

  beforeAll(async () => {
    jobRunId = await triggerJob(server, workspaceId, 'jobs.loads');
    const params = { workspace_id: workspaceId, job_run_id: jobRunId };
    await eventually('the run ends', async () =>
      isTerminalRunState((await server.client.call('get_job_run', { params })).status),
    );
    spans = await eventually('its trace arrives', () => {
      const found = receiver.spans().filter(({ traceId }) => traceId === jobRunId.replaceAll('-', ''));
      return found.some(({ name }) => name === 'run jobs.loads') && found;
    });
  });

  const childrenOf = (parent: ReceivedSpan) =>
    spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  const ofAttempt = (name: string, attempt: number): ReceivedSpan => {
    const found = spans.filter(
      (span) => span.name === name && span.attributes['pumphouse.attempt'] === attempt,
    );
    expect(found).toHaveLength(1);
    return found[0]!;
  };

  it('is one trace with the phases of both attempts', () => {
    const root = spans.find(({ parentSpanId }) => parentSpanId === '');
    expect(root).toMatchObject({
      name: 'run jobs.loads',
      status: 1,
      attributes: { 'pumphouse.run.state': 'completed', 'pumphouse.run.attempts': 2 },
    });
    for (const attempt of [1, 2])
      for (const name of ['queue', 'environment', 'start', 'user code', 'end'])
        expect(ofAttempt(name, attempt).parentSpanId).toBe(root?.spanId);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  });

  it('has the failed pipeline below the code of the first attempt', () => {
    const code = ofAttempt('user code', 1);
    expect(code).toMatchObject({ status: 2, message: expect.stringContaining('not there yet') as string });
    const [pipeline] = childrenOf(code);
    expect(pipeline).toMatchObject({ name: 'pipeline shop', status: 2 });
    expect(childrenOf(pipeline!)).toMatchObject([{ name: 'extract', status: 2 }]);
  });

  it('has each step and both resources below the code of the second', () => {
    const [pipeline] = childrenOf(ofAttempt('user code', 2));
    expect(pipeline).toMatchObject({
      name: 'pipeline shop',
      status: 1,
      attributes: { 'dlt.destination': 'dlt.destinations.duckdb', 'dlt.dataset': 'shop_data' },
    });
    const steps = childrenOf(pipeline!);
    expect(steps.map(({ name }) => name).toSorted()).toEqual(['extract', 'load', 'normalize']);
    const extract = steps.find(({ name }) => name === 'extract')!;
    const resources = childrenOf(extract).map(({ name, attributes }) => [
      name,
      attributes['dlt.rows_extracted'],
      attributes['dlt.write_disposition'],
    ]);
    expect(resources.toSorted(byText)).toEqual([
      ['resource customers', 3, 'replace'],
      ['resource orders', 7, 'append'],
    ]);
  });
});

const byText = (one: unknown, other: unknown): number =>
  JSON.stringify(one).localeCompare(JSON.stringify(other));

/** Values by name and labels, without those that identify the server. */
function valuesOf(series: readonly Series[]): Map<string, number> {
  return new Map(
    series.map(({ metric, value }) => [
      JSON.stringify(
        Object.entries(metric)
          .filter(([name]) => !/^(job|instance|service_.+)$/.test(name))
          .toSorted(byText),
      ),
      // The database keeps fewer digits.
      Number(Number(value[1]).toFixed(3)),
    ]),
  );
}

/** Reads `/metrics` as Prometheus does, by a Prometheus that scrapes the server. */
async function scrape(): Promise<Map<string, number>> {
  const scraping = await startPrometheus(new URL(server.url).host);
  try {
    return await eventually('the server is scraped', async () => {
      const expression = '{job="pumphouse", __name__=~"(pumphouse|process|nodejs)_.+"}';
      const { result } = (await scraping.call('query', { query: expression })) as { result: Series[] };
      return result.length > 0 && valuesOf(result);
    });
  } finally {
    await scraping.remove();
  }
}

describe('the metrics in a database that receives them over OTLP', () => {
  it('are those of a scrape, with the same values', async () => {
    const scraped = await scrape();
    const expression = '{service_name="pumphouse", __name__=~"(pumphouse|process|nodejs)_.+"}';
    // Several figures change while the two are compared; these do not.
    const isStill = (key: string) =>
      /pumphouse_(runs_(created|ended)|run_failures|attempt_phase|log_|telemetry_|runs_slots|runs_active|disk_size|trace_spans|loop_failures)|process_start_time/.test(
        key,
      );
    const select = (values: Map<string, number>) =>
      Object.fromEntries([...values].filter(([key]) => isStill(key)).toSorted(byText));
    await expect
      .poll(async () => select(valuesOf(await database.query(expression))))
      .toEqual(select(scraped));
    expect(Object.keys(select(scraped)).length).toBeGreaterThan(60);
    const received = valuesOf(await database.query(expression));
    const nameOf = (key: string) => /"__name__","(\w+)"/.exec(key)?.[1];
    const names = (values: Map<string, number>) => new Set([...values.keys()].map(nameOf));
    const [exported, shown] = [names(received), names(scraped)];
    // The database remembers waits of the last five minutes; a scrape has none while no run waits.
    const waits = ['pumphouse_runs_waiting', 'pumphouse_runs_waiting_longest_seconds'];
    const additional = [...exported].filter((name) => !shown.has(name) && !waits.includes(name ?? ''));
    const missing = [...shown].filter((name) => !exported.has(name));
    expect({ additional, missing }).toEqual({ additional: [], missing: [] });
  });

  it('name the server, and its service', async () => {
    const [ready] = await database.query('pumphouse_ready');
    expect(ready?.metric).toMatchObject({
      service_name: 'pumphouse',
      service_namespace: 'night',
      service_instance_id: expect.stringMatching(/^.{8,}$/) as string,
    });
  });

  it('arrive through a collector, too', async () => {
    await server.end('SIGTERM');
    server = await server.restart({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: '',
      OTEL_SERVICE_NAME: 'through-collector',
    });
    await eventually(
      'metrics arrive',
      async () =>
        (await database.query('pumphouse_ready{service_name="through-collector"}'))[0]?.value[1] === '1',
    );
  });

  it('harm nothing when the collector is away', async () => {
    await server.end('SIGTERM');
    server = await server.restart({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:9/v1/metrics',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
    });
    await eventually('an export fails', async () =>
      /pumphouse_metric_exports_total\{result="failed"\} [1-9]/.test(
        await (await fetch(new URL('/metrics', server.url))).text(),
      ),
    );
    expect((await fetch(new URL('/readyz', server.url))).status).toBe(200);
    const stoppedFrom = Date.now();
    await server.end('SIGTERM');
    expect(Date.now() - stoppedFrom).toBeLessThan(30_000);
    server = await server.restart({});
  });
});
