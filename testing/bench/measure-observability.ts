import type { AddressInfo } from 'node:net';
import type { Row } from './report.ts';
import type { TickFixture } from './tick-fixture.ts';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createTickFixture } from './tick-fixture.ts';
import { observe } from './observe-message.ts';
import { scrapeSeconds } from './scrape-seconds.ts';
import { startTickLoad } from './measure-ticks.ts';
import { summarize } from './samples.ts';

const load = { jobCount: 100, startsPerSecond: 50 };
const warmUpSeconds = 20;
/** Each has a window with and one without. */
const pairs = 12;
/** Runs start at full seconds, so most of them begin and end within one window. */
const edgeMs = 900;
const intervalOfADay = '86400000';

/**
 * What metrics and traces cost at 50 starts a second: the processor time for each run of a scheduler and a supervisor
 * that count, are scraped, and send metrics and traces, less that of the same processes without. Windows with and
 * without alternate, in pairs whose order alternates too: two servers that were started one after the other differ by
 * more than what is measured. Runs do nothing. What the scheduler counts, and the trace context that user code gets,
 * are part of both. A second scrape stands for the export of metrics by the scheduler.
 */
export async function measureObservability(): Promise<Row[]> {
  const collector = createServer((request, response) => {
    request.resume().once('end', () => response.end());
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens at a port
  const { port } = collector.address() as AddressInfo;
  const context = await createTickFixture({
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_METRIC_EXPORT_INTERVAL: intervalOfADay,
    },
  });
  try {
    return describe(await measureWindows(context));
  } finally {
    await context.remove();
    collector.closeAllConnections();
    collector.close();
  }
}

interface Shares {
  observed: number[];
  plain: number[];
}

async function measureWindows(context: TickFixture): Promise<Shares> {
  const shares: Shares = { observed: [], plain: [] };
  const from = await startTickLoad(context, load);
  let edge = from.getTime() + (warmUpSeconds - 1) * 1000 + edgeMs;
  for (let pair = 0; pair < pairs; pair += 1)
    for (const kind of pair % 2 === 0 ? (['observed', 'plain'] as const) : (['plain', 'observed'] as const)) {
      await delay(edge - Date.now());
      edge += scrapeSeconds * 1000;
      shares[kind].push(await measureWindow(context, kind === 'observed', edge));
    }
  return shares;
}

/** @returns the processor time of both servers until then, in percent of a core, if exactly 50 runs start a second */
async function measureWindow(context: TickFixture, isObserved: boolean, endMs: number): Promise<number> {
  context.tellSupervisors(isObserved ? observe : 'rest');
  const startedAt = new Date();
  const before = await readCpuSeconds(context);
  if (isObserved) for (let scrape = 0; scrape < 2; scrape += 1) await scrapeScheduler(context);
  await delay(endMs - Date.now());
  const endedAt = new Date();
  const after = await readCpuSeconds(context);
  const { runs } = await context.database.one<{ runs: number }>(
    'select count(*)::int as runs from job_runs where finished_at >= $1 and finished_at < $2',
    [startedAt, endedAt],
  );
  return ((after - before) / runs) * load.startsPerSecond * 100;
}

async function readCpuSeconds(context: TickFixture): Promise<number> {
  const { scheduler, supervisor } = await context.readUse();
  return scheduler.cpuSeconds + supervisor.cpuSeconds;
}

async function scrapeScheduler({ server }: TickFixture): Promise<void> {
  const answer = await fetch(new URL('/metrics', server.url));
  await answer.text();
}

function describe({ observed, plain }: Shares): Row[] {
  const added = observed.map((share, pair) => share - (plain[pair] ?? NaN));
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
