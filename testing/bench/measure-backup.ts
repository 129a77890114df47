import type { Row } from './report.ts';
import type { SeededHistory } from './seed-history.ts';
import type { TestServer } from '../fixtures/server.ts';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { formatLogLine } from '@pumphouse/server/domain/logs/log-line.ts';
import { packLog } from '@pumphouse/server/blobs/logs/sealed-log.ts';
import { readPeakMb } from './process-memory.ts';
import { runOperator, startServerOn } from '../fixtures/server.ts';
import { sealedLogKey } from '@pumphouse/server/blobs/logs/chunked-log.ts';
import { seedHistory } from './seed-history.ts';
import { summarize } from './samples.ts';
import { timeRequest } from './time-request.ts';

const logLines = 40;
const logsAtOnce = 500;
const callsForMs = 5000;
const peakIntervalMs = 200;

/**
 * A backup of a long history with a log for each run, while a job ticks and the API is called; then a second one, a check,
 * and a restore into another data folder, whose server goes on with the schedule.
 */
export async function measureBackup(runs: number): Promise<Row[]> {
  const history = await seedHistory({ runs, pipelineRuns: runs });
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-backup-'));
  try {
    const server = await history.startServer();
    await addLogs(history, join(server.dataDir, 'blobs'));
    const tickWorkspaceId = await deployTicks(server);
    return await measure({ history, server, folder, tickWorkspaceId });
  } finally {
    await history.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

interface BackupSite {
  history: SeededHistory;
  server: TestServer;
  folder: string;
  tickWorkspaceId: string;
}

async function measure({ history, server, folder, tickWorkspaceId }: BackupSite): Promise<Row[]> {
  const backupUrl = { PUMPHOUSE_BACKUP_URL: `file://${join(folder, 'backups')}` };
  const former = { ...backupUrl, PUMPHOUSE_DATABASE_URL: history.url };
  const runsUrl = `${server.url}/api/v1/workspaces/${history.workspaceId}/job-runs?limit=50`;
  const list = () => timeRequest(runsUrl, server.key);
  const alone = await takeTimes(list, delay(callsForMs));
  const creating = backup(server.dataDir, former, 'create');
  const meanwhile = await takeTimes(list, creating);
  const first = await creating;
  const second = await backup(server.dataDir, former, 'create');
  const verified = await backup(server.dataDir, former, 'verify');
  const serverPeakMb = readPeakMb(server.process.pid ?? 0) ?? NaN;
  await server.end('SIGTERM');

  const dataDir = join(folder, 'restored');
  await mkdir(dataDir);
  await copyFile(join(server.dataDir, 'secret.key'), join(dataDir, 'secret.key'));
  const restored = await backup(dataDir, backupUrl, 'restore');
  const elsewhere = await startServerOn(dataDir, server.key);
  try {
    const opened = await time(() => openOldestLog(elsewhere, history));
    await awaitTick(elsewhere, tickWorkspaceId);
    return [
      row('the first backup', 's', first.seconds),
      row('the next one', 's', second.seconds),
      row('reading it whole to check it', 's', verified.seconds),
      row('its restore, another data folder', 's', restored.seconds),
      row('the first backup, peak memory of its process', 'MB', first.peakMb),
      row('reading it, peak memory', 'MB', verified.peakMb),
      row('its restore, peak memory', 'MB', restored.peakMb),
      row('the server meanwhile, peak memory', 'MB', serverPeakMb),
      row('start of the restored server', 's', elsewhere.readyAfterMs / 1000),
      row("an old run's log there", 'ms', opened),
      {
        name: 'a list of runs, during the first backup',
        unit: 'ms',
        figure: summarize(meanwhile, { withP95: true }),
        baseline: { name: 'before', figure: summarize(alone, { withP95: true }) },
        goal: null,
      },
    ];
  } finally {
    await elsewhere.remove();
  }
}

const row = (name: string, unit: Row['unit'], value: number): Row => ({
  name,
  unit,
  figure: summarize([value]),
  baseline: null,
  goal: null,
});

/** Runs a command, and watches the memory of its process. */
async function backup(dataDir: string, variables: Record<string, string>, command: string) {
  let peakMb = 0;
  let watch: NodeJS.Timeout | undefined;
  const onStart = (pid: number) => {
    watch = setInterval(() => (peakMb = Math.max(peakMb, readPeakMb(pid) ?? 0)), peakIntervalMs);
  };
  const startedAt = performance.now();
  const { code, stderr } = await runOperator({ dataDir, variables, onStart }, ['backup', command]);
  clearInterval(watch);
  if (code !== 0) throw new Error(`backup ${command} ended with code ${code}: ${stderr}`);
  return { seconds: (performance.now() - startedAt) / 1000, peakMb };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function takeTimes(call: () => Promise<number>, until: Promise<unknown>): Promise<number[]> {
  const over = new AbortController();
  const ended = until.finally(() => over.abort());
  const times: number[] = [];
  while (!over.signal.aborted) {
    times.push(await call());
    await delay(20);
  }
  await ended;
  return times;
}

/** Gives each attempt a sealed log of its own. */
async function addLogs({ database }: SeededHistory, blobsFolder: string): Promise<void> {
  const attempts = await database.query<{ id: string }>('select id from attempts');
  for (let start = 0; start < attempts.length; start += logsAtOnce) {
    const written = await Promise.all(
      attempts.slice(start, start + logsAtOnce).map(({ id }) => writeLog(blobsFolder, id)),
    );
    await database.execute(
      `update attempts set log_lines = $1, log_bytes = log.bytes, log_stored_bytes = log.stored
         from unnest($2::uuid[], $3::int8[], $4::int8[]) as log (id, bytes, stored) where attempts.id = log.id`,
      [
        logLines,
        written.map(({ id }) => id),
        written.map(({ bytes }) => bytes),
        written.map(({ stored }) => stored),
      ],
    );
  }
}

async function writeLog(blobsFolder: string, id: string) {
  const lines = Array.from({ length: logLines }, (_, line) =>
    formatLogLine({
      line_num: line,
      content: `Loaded page ${line} of orders for ${id}`,
      source: 'user',
      stage: 'run',
      io_stream: 'stdout',
      reported_at: '2026-11-30T02:00:00.000Z',
    }),
  );
  const data = Buffer.from(lines.join(''));
  const packed = Buffer.concat(await Array.fromAsync(packLog(onePiece(data))));
  const path = join(blobsFolder, sealedLogKey(id));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, packed);
  return { id, bytes: data.length, stored: packed.length };
}

async function* onePiece(data: Buffer) {
  yield { data, start: { line: 0, offset: 0 } };
}

async function deployTicks(server: TestServer): Promise<string> {
  const workspaceId = await createWorkspace(server, 'ticks');
  await deployWorkspace(server, workspaceId, {
    files: { 'tick.py': 'print("tick")\n' },
    jobs: [defineScriptJob('tick', ['schedule:* * * * * */5'])],
  });
  await awaitTick(server, workspaceId);
  return workspaceId;
}

/** Waits for a completed tick from now on. */
async function awaitTick(server: TestServer, workspaceId: string): Promise<void> {
  const since = Date.now();
  const workspace = createApiWorkspace(server, workspaceId);
  await eventually('a tick completes', async () =>
    (await workspace.listRuns('jobs.tick')).some(
      ({ status, created_at: createdAt }) => status === 'completed' && Date.parse(createdAt) > since,
    ),
  );
}

async function openOldestLog(server: TestServer, { database, workspaceId }: SeededHistory): Promise<void> {
  const [oldest] = await database.query<{ id: string }>(
    'select job_run_id as id from attempts join job_runs on job_runs.id = job_run_id where workspace_id = $1 order by job_runs.created_at limit 1',
    [workspaceId],
  );
  const lines = await createApiWorkspace(server, workspaceId).readLog(oldest?.id ?? '');
  if (lines.filter(({ source }) => source === 'user').length !== logLines)
    throw new Error(`The log of the oldest run has ${lines.length} lines`);
}
