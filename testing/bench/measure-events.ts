import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { Row } from './report.ts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { fillHistory } from './seed-history.ts';
import { findPostmaster } from '@pumphouse/server/store/postgres/embedded/postmaster.ts';
import { readProcessUse } from './process-memory.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { summarize } from './samples.ts';

/** Runs of a round: long enough for the clock of processor time, which has steps of 10 ms. */
const runsPerRound = 1000;
const history = { runs: 10_000, pipelineRuns: 1000 };

/** What the triggers of events find. `null`: they are disabled. */
const cases = [
  { name: 'without the triggers', subscriptions: null },
  { name: 'no subscription', subscriptions: 0 },
  { name: 'one subscription', subscriptions: 1 },
  { name: 'ten subscriptions', subscriptions: 10 },
] as const;

type Case = (typeof cases)[number];

interface Round {
  runsPerSecond: number;
  /** Of Postgres. */
  cpuMsPerRun: number;
}

/**
 * What the triggers that write events cost: one client writes the states of runs as fast as it can, each in a transaction of
 * its own, and nothing sends the events. Rounds of all cases alternate. No commit waits for a disk, which would hide the rest.
 */
export async function measureEvents(rounds: number): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-events-'));
  const embedded = await startEmbeddedPostgres({ dataDir: folder, log: silentLog, durable: false });
  const database = createDatabase(embedded.connection, { maxConnections: 1 });
  try {
    const workspaceId = await fillHistory({ connection: embedded.connection, database, folder }, history);
    const postmaster = await findPostmaster(join(folder, 'postgres', 'data'));
    if (!postmaster) throw new Error('Postgres does not run');
    const context = { database, workspaceId, postmasterPid: postmaster.pid };
    const taken = new Map<Case, Round[]>(cases.map((one) => [one, []]));
    // The first round of each only warms up.
    for (let round = 0; round <= rounds; round += 1)
      for (const one of round % 2 === 0 ? cases : cases.toReversed()) {
        const result = await measureRound(context, one);
        if (round > 0) taken.get(one)?.push(result);
      }
    return describe(taken);
  } finally {
    await database.close();
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Context {
  database: Database;
  workspaceId: string;
  postmasterPid: number;
}

async function measureRound({ database, workspaceId, postmasterPid }: Context, one: Case): Promise<Round> {
  await prepare(database, workspaceId, one);
  const readCpu = () => readProcessUse(postmasterPid, { descendants: true }).cpuSeconds;
  const before = readCpu();
  const startedAt = performance.now();
  for (let run = 0; run < runsPerRound; run += 1) await writeRun(database, workspaceId);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    runsPerSecond: runsPerRound / seconds,
    cpuMsPerRun: ((readCpu() - before) * 1000) / runsPerRound,
  };
}

/** Leaves tables of the same size for each round, and only the subscriptions of the case. */
async function prepare(database: Database, workspaceId: string, { subscriptions }: Case): Promise<void> {
  await database.execute(`delete from job_runs where number >= ${firstNumber}`);
  await database.execute('delete from events');
  await database.execute('delete from event_subscriptions');
  const state = subscriptions === null ? 'disable' : 'enable';
  for (const trigger of ['events_of_new', 'events_of_changed'])
    await database.execute(`alter table job_runs ${state} trigger ${trigger}`);
  await database.execute(
    `insert into event_subscriptions (id, workspace_id, name, event_types, scope, host, sealed_url, sealed_signing_secret)
     select gen_random_uuid(), $1, n::text, '{*}', '{"jobs": [], "tags": [], "pipelines": []}', 'localhost', '', ''
       from generate_series(1, $2) as n`,
    [workspaceId, subscriptions ?? 0],
  );
  for (const table of ['job_runs', 'events', 'event_subscriptions', 'changes'])
    await database.execute(`vacuum (analyze) ${table}`);
}

/** Far from the numbers of the history. */
const firstNumber = 1_000_000_000;
let nextNumber = firstNumber;

async function writeRun(database: Database, workspaceId: string): Promise<void> {
  const id = randomUUID();
  nextNumber += 1;
  await database.executePrepared(
    `insert into job_runs (id, workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
                           trigger_kind, triggered_by, profile, claim_number)
     select $1, $2, jobs.id, current_version_id, deployments.id, configurations.id, $3, 'pending', 'manual:', 'manual', $2, 'prod', 1
       from jobs join deployments using (workspace_id) join configurations using (workspace_id)
      where jobs.workspace_id = $2 order by jobs.id limit 1`,
    [id, workspaceId, nextNumber],
  );
  await database.executePrepared(
    `update job_runs set status = 'running', started_at = now(), updated_at = now() where id = $1`,
    [id],
  );
  await database.executePrepared(
    `update job_runs set status = 'completed', finished_at = now(), updated_at = now() where id = $1`,
    [id],
  );
}

function describe(taken: ReadonlyMap<Case, readonly Round[]>): Row[] {
  const [plain, ...others] = [...taken];
  if (!plain) return [];
  const rowsOf = (unit: Row['unit'], what: string, pick: (round: Round) => number) =>
    others.map(([{ name }, rounds]): Row => ({
      name: `${name}: ${what}`,
      unit,
      figure: summarize(rounds.map(pick)),
      baseline: { name: plain[0].name, figure: summarize(plain[1].map(pick)) },
      goal: null,
    }));
  return [
    ...rowsOf('/s', 'runs from start to end', ({ runsPerSecond }) => runsPerSecond),
    ...rowsOf('ms', 'CPU of Postgres per run', ({ cpuMsPerRun }) => cpuMsPerRun),
  ];
}
