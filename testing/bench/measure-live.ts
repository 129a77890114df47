import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { LiveEvent } from '@pumphouse/contract';
import type { Row } from './report.ts';
import type { SeededHistory } from './seed-history.ts';
import type { TestServer } from '../fixtures/server.ts';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { createChangeStore } from '@pumphouse/server/store/postgres/live/changes.ts';
import { createLogFiles } from '@pumphouse/server/blobs/logs/log-file.ts';
import { formatLogLine } from '@pumphouse/server/domain/logs/log-line.ts';
import { seedHistory } from './seed-history.ts';
import { summarize } from './samples.ts';
import { wakeChannel } from '@pumphouse/server/store/postgres/outbox.ts';

const shortLog = 100_000;
const longLog = 1_000_000;
const changedRuns = 5000;

interface Scope {
  seeded: SeededHistory;
  server: TestServer;
  rounds: number;
}

interface SeededLog {
  jobRunId: string;
  attemptId: string;
  /** Path of the log while it is not packed. */
  path: string;
}

/**
 * Logs by range and search, and notification delay of subscribers after a change, compared with the machine's
 * own cost.
 */
export async function measureLive(rounds: number): Promise<Row[]> {
  const seeded = await seedHistory({ runs: 2 * changedRuns, pipelineRuns: 200 });
  try {
    const context = { seeded, server: await seeded.startServer(), rounds };
    return [
      ...(await measureLogs(context)),
      ...(await measureLags(context)),
      ...(await measureCosts(context)),
    ];
  } finally {
    await seeded.remove();
  }
}

async function measureLogs(context: Scope): Promise<Row[]> {
  const live = await seedLog(context, { lines: shortLog, number: 1 });
  const long = await seedLog(context, { lines: longLog, number: 2 });
  const rows = [
    await measureRange(context, live, '100,000 lines'),
    await measureRange(context, long, '1,000,000 lines'),
    await measureSearch(context, live, live, '100,000 lines'),
  ];
  const packed = await seedLog(context, { lines: shortLog, number: 3 });
  await logFilesOf(context.server).seal(packed.attemptId);
  await context.seeded.database.execute('update attempts set log_sealed = true where id = $1', [
    packed.attemptId,
  ]);
  rows.push(
    await measureRange(context, packed, '100,000 lines, packed'),
    await measureSearch(context, packed, live, '100,000 lines, packed'),
  );
  return rows;
}

async function measureRange({ seeded, server, rounds }: Scope, log: SeededLog, name: string): Promise<Row> {
  const params = { workspace_id: seeded.workspaceId, job_run_id: log.jobRunId };
  const read = (from_line: number) =>
    server.client.call('read_log_lines', { params, query: { from_line, limit: 500 } });
  const [end, start] = await takeTurns(rounds * 5, [() => read(-700), () => read(0)]);
  return {
    name: `${name}: 500 near the end`,
    unit: 'ms',
    figure: summarize(end, { withP95: true }),
    baseline: { name: 'the first 500', figure: summarize(start) },
    goal: { of: 'p95', atMost: 50 },
  };
}

async function measureSearch(
  { seeded, server, rounds }: Scope,
  log: SeededLog,
  plain: SeededLog,
  name: string,
): Promise<Row> {
  const params = { workspace_id: seeded.workspaceId, job_run_id: log.jobRunId };
  const search = async () => {
    // On a busy machine one response may not be enough.
    for (let after_line = -1, reachedEnd = false; !reachedEnd;) {
      const query = { q: 'ORDER_99', after_line };
      const answer = await server.client.call('search_log', { params, query });
      [after_line, reachedEnd] = [answer.searched_to_line, answer.reached_end];
    }
  };
  const grep = () => promisify(execFile)('grep', ['-c', '-i', 'ORDER_99', plain.path]);
  const [found, grepped] = await takeTurns(rounds, [search, grep]);
  return {
    name: `${name}: search of the whole`,
    unit: 'ms',
    figure: summarize(found, { withP95: true }),
    baseline: { name: 'grep -i of the file', figure: summarize(grepped) },
    goal: { of: 'median', atMost: 300 },
  };
}

/** A log of dlt-like lines for a run of the history. */
async function seedLog(
  { seeded, server }: Scope,
  { lines, number }: { lines: number; number: number },
): Promise<SeededLog> {
  const { database } = seeded;
  const { jobRunId, attemptId } = await database.one<{ jobRunId: string; attemptId: string }>(
    `insert into attempts (job_run_id, number, claim_number, executor)
     select id, 9, 1, 'process' from job_runs where workspace_id = $1 order by id offset $2 limit 1
     returning job_run_id as "jobRunId", id as "attemptId"`,
    [seeded.workspaceId, number],
  );
  const logFiles = logFilesOf(server);
  let [bytes, written] = [0, 0];
  while (written < lines) {
    const batch = Array.from({ length: 10_000 }, (_, index) => formatLine(written + index));
    const data = Buffer.from(batch.join(''));
    await logFiles.append(attemptId, { expectedBytes: bytes, firstLine: written, data });
    bytes += data.length;
    written += batch.length;
  }
  await database.execute('update attempts set log_lines = $2, log_bytes = $3 where id = $1', [
    attemptId,
    written,
    bytes,
  ]);
  return { jobRunId, attemptId, path: join(logFolderOf(server), attemptId.slice(-2), `${attemptId}.ndjson`) };
}

function formatLine(line_num: number): string {
  return formatLogLine({
    line_num,
    content: `2026-11-26 10:00:00,123|[INFO]|41|8765|dlt|load.py|run:88|loaded order_${line_num} of shop_orders`,
    source: 'user',
    stage: 'run',
    io_stream: 'stdout',
    reported_at: '2026-11-26T10:00:00.123Z',
  });
}

const logFolderOf = ({ dataDir }: TestServer) => join(dataDir, 'blobs', 'logs');
const logFilesOf = (server: TestServer) => createLogFiles(logFolderOf(server));

/** Times from a change to its event, at varying points of the server's polling interval. */
async function measureLags({ seeded, server, rounds }: Scope): Promise<Row[]> {
  const { database, workspaceId } = seeded;
  const { jobRunId, attemptId } = await database.one<{ jobRunId: string; attemptId: string }>(
    `select attempts.id as "attemptId", job_runs.id as "jobRunId" from attempts join job_runs on job_runs.id = attempts.job_run_id
      where workspace_id = $1 and attempts.number = 1 order by job_runs.id limit 1`,
    [workspaceId],
  );
  await database.execute('update job_runs set finished_at = null where id = $1', [jobRunId]);
  const end = new AbortController();
  const events = server.client.followEvents({
    workspaceIds: [workspaceId],
    logs: [{ workspaceId, jobRunId }],
    signal: end.signal,
  });
  await waitFor(events, 'ready');
  await waitFor(events, 'log');
  const notified = createNotifications(database);
  const [finished, bare, changed, grown]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < rounds * 3; round += 1) {
    const pause = () => delay(700 + Math.random() * 500);
    await pause();
    finished.push(
      await lagOf(
        () => changeRun(database, jobRunId, 'an end'),
        () => waitFor(events, 'change'),
      ),
    );
    bare.push(await notified.lag());
    await pause();
    changed.push(
      await lagOf(
        () => changeRun(database, jobRunId, 'another change'),
        () => waitFor(events, 'change'),
      ),
    );
    await pause();
    const grow = () =>
      database.execute('update attempts set log_lines = log_lines + 1 where id = $1', [attemptId]);
    grown.push(await lagOf(grow, () => waitFor(events, 'log')));
  }
  end.abort();
  const baseline = { name: 'LISTEN and NOTIFY', figure: summarize(bare) };
  return [
    {
      name: 'a run that ends, to the event',
      unit: 'ms',
      figure: summarize(finished, { withP95: true }),
      baseline,
      goal: { of: 'median', atMost: 300 },
    },
    {
      name: 'a change that wakes nobody, to the event',
      unit: 'ms',
      figure: summarize(changed, { withP95: true }),
      baseline,
      goal: { of: 'p95', atMost: 1000 },
    },
    {
      name: 'a line stored by another server, to the event',
      unit: 'ms',
      figure: summarize(grown, { withP95: true }),
      baseline,
      goal: { of: 'p95', atMost: 1000 },
    },
  ];
}

/** An end wakes waiting servers, like that of a real run; other changes do not. */
function changeRun(
  database: Database,
  jobRunId: string,
  what: 'an end' | 'another change',
): Promise<unknown> {
  return database.transaction(async (tx) => {
    await tx.execute('update job_runs set wait_reason = gen_random_uuid()::text where id = $1', [jobRunId]);
    if (what === 'an end') await tx.execute('select pg_notify($1, $2)', [wakeChannel, 'job_run.finished']);
  });
}

function createNotifications(database: Database) {
  return {
    async lag(): Promise<number> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const subscription = await database.listen('bench_lag', () => resolve());
      const taken = await lagOf(
        () => database.execute(`select pg_notify('bench_lag', '')`),
        () => promise,
      );
      await subscription.close();
      return taken;
    },
  };
}

/** Measured from before the change: others may see the commit before this process gets the response. */
async function lagOf(change: () => Promise<unknown>, told: () => Promise<unknown>): Promise<number> {
  const telling = told();
  const startedAt = performance.now();
  await change();
  await telling;
  return performance.now() - startedAt;
}

async function waitFor(events: AsyncGenerator<LiveEvent>, name: LiveEvent['event']): Promise<void> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`The stream ended before ${name}`);
    if (value.event === name) return;
  }
}

/** The cost of recording changes for writers, and of polling them for Postgres. */
async function measureCosts({ seeded: { database, workspaceId }, rounds }: Scope): Promise<Row[]> {
  const setTrigger = (state: 'enable' | 'disable') =>
    database.execute(`alter table job_runs ${state} trigger changes_of_changed`);
  const change = () =>
    database.execute(
      `update job_runs set wait_reason = gen_random_uuid()::text
        where id in (select id from job_runs where workspace_id = $1 order by id limit ${changedRuns})`,
      [workspaceId],
    );
  const [noted, plain]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    await setTrigger('enable');
    noted.push(await timeOf(change));
    await setTrigger('disable');
    plain.push(await timeOf(change));
  }
  await setTrigger('enable');
  const changes = createChangeStore(database);
  let seen = await changes.seen();
  const ask = async () => ({ seen } = await changes.listSince(seen, [workspaceId], 2000));
  const [asked, bare] = await takeTurns(rounds * 20, [ask, () => database.query('select 1')]);
  return [
    {
      name: '5,000 runs changed in one statement, each noted',
      unit: 'ms',
      figure: summarize(noted),
      baseline: { name: 'not noted', figure: summarize(plain) },
      goal: null,
    },
    {
      name: 'asking for changes, of which there are none',
      unit: 'ms',
      figure: summarize(asked, { withP95: true }),
      baseline: { name: 'select 1', figure: summarize(bare) },
      goal: null,
    },
  ];
}

/** Runs each variant once per round, after a first round that is not counted. */
async function takeTurns(
  rounds: number,
  ways: [() => Promise<unknown>, () => Promise<unknown>],
): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (const way of ways) await way();
  for (let round = 0; round < rounds; round += 1) {
    times[0].push(await timeOf(ways[0]));
    times[1].push(await timeOf(ways[1]));
  }
  return times;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
