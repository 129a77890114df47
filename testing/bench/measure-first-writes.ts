/** What a server does for the first write of a run with a pipeline that no other run has. */
import type { Row } from './report.ts';
import { Client } from 'pg';
import { createHoldPipelines } from '@pumphouse/server/services/pipelines/hold-pipelines.ts';
import { createPersistence } from '@pumphouse/server/store/store.ts';
import { seedHistory } from './seed-history.ts';
import { summarize } from './samples.ts';

/** @param held runs that hold other pipelines of the workspace meanwhile */
export async function measureFirstWrites(rounds: number, held: number): Promise<Row[]> {
  const history = await seedHistory({ runs: rounds + held, pipelineRuns: rounds + held });
  try {
    const { database } = history;
    await database.query('update attempts set begun_at = now()');
    const runs = await database.query<{ id: string; configurationId: string }>(
      `select id, configuration_id as "configurationId" from job_runs order by number, id`,
    );
    const holds = createHoldPipelines(createPersistence(database), withoutSettings);
    const times: number[] = [];
    const roundTrips: number[] = [];
    const counts: number[] = [];
    const counted = countQueries();
    try {
      for (const [index, { id, configurationId }] of runs.entries()) {
        const run = { workspaceId: history.workspaceId, jobRunId: id, configurationId };
        // As the beginning of the attempt does.
        holds.remember(id, { ...run, profile: 'prod', jobRef: 'jobs.load' });
        const question = { pipeline: `pipeline_${index}`, dataset: null };
        const before = counted.count();
        const startedAt = performance.now();
        const { state } = await holds.ask(id, question);
        const elapsedMs = performance.now() - startedAt;
        if (state !== 'held') throw new Error(`The pipeline of run ${id} is not free`);
        if (index < held) continue;
        times.push(elapsedMs);
        counts.push(counted.count() - before);
        const askedAt = performance.now();
        await database.query('select 1');
        roundTrips.push(performance.now() - askedAt);
      }
    } finally {
      counted.restore();
    }
    const roundTrip = { name: 'select 1', figure: summarize(roundTrips) };
    const row = { baseline: null, goal: null };
    return [
      {
        ...row,
        name: `hold of a free pipeline, ${held} others held`,
        unit: 'ms',
        figure: summarize(times),
        baseline: roundTrip,
      },
      {
        ...row,
        name: '  statements',
        unit: 'statements',
        figure: summarize(counts),
        goal: { of: 'median', atMost: 1 },
      },
    ];
  } finally {
    await history.remove();
  }
}

/** A configuration without settings, which the server has in memory. */
const withoutSettings = { getConfiguration: async () => ({ runSettings: null }) };

function countQueries() {
  const client = Client.prototype as unknown as { query: (this: Client, ...args: unknown[]) => unknown };
  const { query } = client;
  let count = 0;
  client.query = function countedQuery(...args) {
    count += 1;
    return query.apply(this, args);
  };
  return {
    count: () => count,
    restore() {
      client.query = query;
    },
  };
}
