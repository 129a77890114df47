import type { AddressInfo } from 'node:net';
import type { Row } from './report.ts';
import type { TickFixture, TickUse } from './tick-fixture.ts';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createTickFixture } from './tick-fixture.ts';
import { runTickLoad } from './measure-ticks.ts';
import { scrapeSeconds } from './scrape-seconds.ts';
import { summarize } from './samples.ts';

const load = { jobCount: 100, startsPerSecond: 50, windowSeconds: 30 };
/** Each has a measurement with and one without. */
const rounds = 3;

/**
 * What metrics and traces cost at 50 starts a second: the processor time for each run of a scheduler and a supervisor
 * that count, are scraped, and send metrics and traces, less that of the same servers without. Both are measured in
 * turns, the first one alternating, so that a machine that is busy for a while affects both alike. Runs do nothing.
 * What the scheduler counts is part of both.
 */
export async function measureObservability(): Promise<Row[]> {
  const collector = createServer((request, response) => {
    request.resume().once('end', () => response.end());
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens at a port
  const { port } = collector.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const [observed, plain]: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const turns = [
        async () => observed.push(await measureOnce(endpoint)),
        async () => plain.push(await measureOnce(null)),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
  } finally {
    collector.closeAllConnections();
    collector.close();
  }
  const added = observed.map((share, round) => share - (plain[round] ?? NaN));
  const row = (name: string, values: readonly number[], goal: Row['goal'] = null): Row => ({
    name: `${load.startsPerSecond} starts a second: ${name}`,
    unit: '%',
    figure: summarize(values),
    baseline: null,
    goal,
  });
  return [
    row('metrics and traces, of a core', added, { of: 'median', atMost: 1 }),
    row('scheduler and supervisor with them, of a core', observed),
    row('scheduler and supervisor without, of a core', plain),
  ];
}

/**
 * @param endpoint of the collector; null to observe nothing
 * @returns the processor time of both servers, in percent of a core, if exactly 50 runs start a second
 */
async function measureOnce(endpoint: string | null): Promise<number> {
  const variables: Record<string, string> =
    endpoint === null
      ? { BENCH_OBSERVED: '0' }
      : {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_METRIC_EXPORT_INTERVAL: String(scrapeSeconds * 1000),
        };
  const context = await createTickFixture({ variables });
  const scraping = endpoint === null ? null : setInterval(() => void scrape(context), scrapeSeconds * 1000);
  try {
    const { starts, use } = await runTickLoad(context, load);
    const [before, after] = use.map(sumCpuSeconds);
    const secondsPerRun = ((after ?? NaN) - (before ?? NaN)) / starts.length;
    return secondsPerRun * load.startsPerSecond * 100;
  } finally {
    if (scraping) clearInterval(scraping);
    await context.remove();
  }
}

const sumCpuSeconds = ({ scheduler, supervisor }: TickUse): number =>
  scheduler.cpuSeconds + supervisor.cpuSeconds;

async function scrape({ server }: TickFixture): Promise<void> {
  const answer = await fetch(new URL('/metrics', server.url));
  await answer.text();
}
