import type { Row } from './report.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTickFixture } from './tick-fixture.ts';
import { measureTickLoad } from './measure-ticks.ts';
import { readProfile } from './cpu-profile.ts';
import { summarize } from './samples.ts';

/** Where metrics are counted and traces are built and sent. */
const modules = [
  '/prom-client/',
  '/@opentelemetry/',
  '/server/src/traces/',
  '/server/src/platform/instruments.ts',
  '/services/runs/report-runs.ts',
];
const startsPerSecond = 50;
const windowSeconds = 30;

/**
 * What metrics and traces cost a supervisor whose runs do nothing, at 50 starts a second: the share of one core, in the profile of
 * the process that does the work, so that both figures are of the same run. The statements that read runs for their traces are in
 * the figures of Postgres.
 */
export async function measureObservability(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-profile-'));
  const collector = createServer((request, response) => {
    request.resume().once('end', () => response.end());
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const address = collector.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const file = join(folder, 'supervisor.cpuprofile');
  try {
    const context = await createTickFixture({
      variables: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, BENCH_CPU_PROFILE: file },
    });
    try {
      await measureTickLoad(context, { jobCount: 100, startsPerSecond, windowSeconds });
    } finally {
      await context.remove();
    }
    const { totalMs, idleMs, countedMs } = await readProfile(file, (url) =>
      modules.some((module) => url.includes(module)),
    );
    const busyMs = totalMs - idleMs;
    const row = (name: string, value: number, goal: Row['goal'] = null): Row => ({
      name: `${startsPerSecond} starts a second: ${name}`,
      unit: '%',
      figure: summarize([value]),
      baseline: null,
      goal,
    });
    return [
      row('metrics and traces, of a core', (countedMs / totalMs) * 100, { of: 'median', atMost: 1 }),
      row('the supervisor, of a core', (busyMs / totalMs) * 100),
      row("metrics and traces, of the supervisor's time", (countedMs / busyMs) * 100),
    ];
  } finally {
    collector.close();
    await rm(folder, { recursive: true, force: true });
  }
}
