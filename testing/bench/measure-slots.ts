/** Runs in containers that waited for them beside cold ones, on two servers that differ only in that setting. */
import type { EngineKind } from '../../deploy/images/engine-command.ts';
import { eventually } from '../fixtures/eventually.ts';
import { readMetric } from '../fixtures/read-metric.ts';
import { readTimeMs } from './command-output.ts';
import { readProcessTimes } from './process-times.ts';
import { readPostgresTime, readPostmasterPid, readServerPid, readTreeTime } from './processor-time.ts';
import type { Row } from './report.ts';
import { summarize } from './samples.ts';
import { createSlotFixture, type ContainerServer, type SlotFixture } from './slot-fixture.ts';

const goalMs = 200;

export async function measureSlots(kind: EngineKind, rounds: number): Promise<Row[]> {
  const fixture = await createSlotFixture(kind);
  try {
    await warmUp(fixture.prepared);
    return [
      ...(await compare(fixture, rounds, {
        name: 'API call to first line',
        goal: { of: 'median', atMost: goalMs },
        async take({ scripts }) {
          const { calledAtMs, lines } = await scripts.completeRun('first_line');
          return readTimeMs(lines[0]?.content) - calledAtMs;
        },
      })),
      ...(await compare(fixture, rounds, {
        name: '1,000 rows -> DuckDB, to the end',
        goal: null,
        async take({ scripts }) {
          const { calledAtMs, endedAtMs } = await scripts.completeRun('thousand_rows');
          return endedAtMs - calledAtMs;
        },
      })),
      ...(await compareCosts(fixture, rounds)),
    ];
  } finally {
    await fixture.remove();
  }
}

const countServed = ({ server }: ContainerServer) => readMetric(server, 'pumphouse_templates_runs');

/**
 * Containers of ended runs are removed in the background, and the next one is prepared after a second. The server is
 * asked last, because answers cost it processor time.
 */
async function awaitQuiet({ prepared }: SlotFixture): Promise<void> {
  const { engine } = prepared;
  await eventually('no container is left but the one that waits', async () => {
    const names = (await engine.call(['ps', '--all', '--format', '{{.Names}}'])).split('\n').filter(Boolean);
    if (names.length !== 1 || names[0]?.startsWith('pumphouse-slot-') !== true) return false;
    return (await readMetric(prepared.server, 'pumphouse_templates')) === 1;
  });
}

/** Processor time in milliseconds, by part. */
type Costs = Record<'node' | 'Postgres' | 'engine and containers', number>;

const parts = ['node', 'Postgres', 'engine and containers'] as const;

function readCosts({ server, engine }: ContainerServer): Costs {
  return {
    node: readProcessTimes(readServerPid(server)).own,
    Postgres: readPostgresTime(readPostmasterPid(server)),
    'engine and containers': readTreeTime(engine.pid),
  };
}

/** A run that does nothing, one at a time, and the preparation of the container for the next one. */
async function compareCosts(fixture: SlotFixture, rounds: number): Promise<Row[]> {
  const costs = { prepared: [] as Costs[], cold: [] as Costs[] };
  for (let round = 0; round < rounds; round += 1)
    for (const way of ['prepared', 'cold'] as const) {
      await awaitQuiet(fixture);
      const before = readCosts(fixture[way]);
      await fixture[way].scripts.completeRun('nothing');
      await awaitQuiet(fixture);
      const after = readCosts(fixture[way]);
      costs[way].push({
        node: after.node - before.node,
        Postgres: after.Postgres - before.Postgres,
        'engine and containers': after['engine and containers'] - before['engine and containers'],
      });
    }
  return parts.map((part) => ({
    name: `CPU per run: ${part}, in a prepared container`,
    unit: 'ms',
    figure: summarize(costs.prepared.map((one) => one[part])),
    baseline: { name: 'in a new container', figure: summarize(costs.cold.map((one) => one[part])) },
    goal: null,
  }));
}

/** Runs a job until a container waits. */
async function warmUp({ server, scripts }: ContainerServer): Promise<void> {
  for (let run = 0; run < 2; run += 1) await scripts.completeRun('nothing');
  await eventually('a container waits', async () => (await readMetric(server, 'pumphouse_templates')) > 0);
}

interface Compared {
  name: string;
  goal: Row['goal'];
  take: (server: ContainerServer) => Promise<number>;
}

/** Measures a run in a prepared container and a cold one in turn. */
async function compare(fixture: SlotFixture, rounds: number, { name, goal, take }: Compared): Promise<Row[]> {
  const times = { prepared: [] as number[], cold: [] as number[] };
  const servedBefore = await countServed(fixture.prepared);
  for (let round = 0; round < rounds; round += 1)
    for (const way of ['prepared', 'cold'] as const) {
      await awaitQuiet(fixture);
      times[way].push(await take(fixture[way]));
    }
  await awaitQuiet(fixture);
  const served = (await countServed(fixture.prepared)) - servedBefore;
  if (served !== rounds) throw new Error(`Only ${served} of ${rounds} runs were in a prepared container.`);
  const figure = { prepared: summarize(times.prepared), cold: summarize(times.cold) };
  const baseline = { name: 'in a new container', figure: figure.cold };
  return [
    { name: `${name}, in a prepared container`, unit: 'ms', figure: figure.prepared, baseline, goal },
    { name: `${name}, in a new container`, unit: 'ms', figure: figure.cold, baseline: null, goal: null },
  ];
}
