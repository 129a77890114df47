import type { Row } from './report.ts';
import type { TestServer } from '../fixtures/server.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { findPostmaster } from '@pumphouse/server/store/postgres/embedded/postmaster.ts';
import { readProcessUse } from './process-memory.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { startTestServer } from '../fixtures/server.ts';
import { summarize } from './samples.ts';

const idleSeconds = 10;
const idleGoal: Row['goal'] = { of: 'median', atMost: 150 };

/**
 * From the command to its ready line, on an empty and an existing data folder, compared with the embedded
 * Postgres alone.
 */
export async function measureServerStart(rounds: number): Promise<Row[]> {
  const servers = { first: [] as number[], second: [] as number[] };
  const postgres = { first: [] as number[], second: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const first = await startTestServer();
    servers.first.push(first.readyAfterMs);
    await first.end('SIGTERM');
    const second = await first.restart();
    servers.second.push(second.readyAfterMs);
    await second.remove();
    const bare = await timePostgres();
    postgres.first.push(bare.firstMs);
    postgres.second.push(bare.secondMs);
  }
  const row = (which: 'first' | 'second', name: string, goal: Row['goal']): Row => ({
    name,
    unit: 'ms',
    figure: summarize(servers[which]),
    baseline: { name: 'its Postgres alone', figure: summarize(postgres[which]) },
    goal,
  });
  return [
    row('first', 'server start, first', null),
    row('second', 'server start, second', { of: 'median', atMost: 1500 }),
  ];
}

async function timePostgres(): Promise<{ firstMs: number; secondMs: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-bench-postgres-'));
  const start = async () => {
    const startedAt = performance.now();
    const embedded = await startEmbeddedPostgres({ dataDir, log: silentLog });
    const elapsedMs = performance.now() - startedAt;
    await embedded.stop();
    return elapsedMs;
  };
  try {
    return { firstMs: await start(), secondMs: await start() };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Resource usage of a server and its Postgres after an idle period. */
export async function measureIdle(server: TestServer, when: string): Promise<Row[]> {
  const pid = server.process.pid ?? 0;
  const postmaster = await findPostmaster(join(server.dataDir, 'postgres', 'data'));
  const read = () => ({
    server: readProcessUse(pid, { descendants: false }),
    postgres: postmaster ? readProcessUse(postmaster.pid, { descendants: true }) : null,
  });
  await delay(idleSeconds * 1000);
  const before = read();
  await delay(idleSeconds * 1000);
  const after = read();
  const row = (name: string, unit: Row['unit'], value: number, goal: Row['goal'] = null): Row => ({
    name: `${name}, ${when}`,
    unit,
    figure: summarize([value]),
    baseline: null,
    goal,
  });
  const cpuShare = (seconds: number) => (seconds / idleSeconds) * 100;
  const rows = [
    row('server memory (RSS)', 'MB', after.server.residentMb, { of: 'median', atMost: 150 }),
    row('server memory (PSS)', 'MB', after.server.proportionalMb),
    row('server CPU, of one core', '%', cpuShare(after.server.cpuSeconds - before.server.cpuSeconds)),
  ];
  if (after.postgres && before.postgres) {
    rows.push(
      row('Postgres memory (PSS)', 'MB', after.postgres.proportionalMb),
      row('both (PSS)', 'MB', after.server.proportionalMb + after.postgres.proportionalMb, idleGoal),
      row('Postgres CPU, of one core', '%', cpuShare(after.postgres.cpuSeconds - before.postgres.cpuSeconds)),
    );
  }
  return rows;
}
