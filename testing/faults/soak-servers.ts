/**
 * `npm run soak:servers -- --minutes 10`: two servers and two supervisors on one Postgres and one S3 store, of
 * which one each is killed again and again under load, and the S3 store twice. Exits with code 1 if a run was lost
 * or doubled, or a line of a log is missing. Not part of CI.
 */
import type { S3Store } from '../fixtures/s3-store.ts';
import type { StoredRun } from './schedule-details.ts';
import type { TestServer } from '../fixtures/server.ts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isTerminalRunState } from '@pumphouse/contract';
import { chains, clockJobs, deployScheduleWorkspace } from './schedule-workspace.ts';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { createSiteDisk } from './site-disk.ts';
import { createWorkspace, defineScriptJob, triggerJob } from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { findScheduleProblems } from './schedule-details.ts';
import { listStoredRuns, switchClocks } from './schedule-runs.ts';
import { siteVariables } from './site-servers.ts';
import { startS3Store } from '../fixtures/s3-store.ts';
import { startTestServer } from '../fixtures/server.ts';

const talkJob = 'jobs.talk';
const talkLines = 300;
/** A run of the job writes for some six seconds. */
const talkScript = `import time\n\nfor number in range(${talkLines}):\n    print("line", number, flush=True)\n    time.sleep(0.02)\n`;
const startEveryMs = 2000;
const [minPauseMs, maxPauseMs] = [5000, 15_000];
const maxAbsenceMs = 5000;
const s3AbsenceMs = 8000;

/** Servers of one role; each can be away for a while. */
interface Member {
  role: string;
  server: TestServer;
  isUp: boolean;
}

const say = (text: string) => void process.stdout.write(`${text}\n`);
const between = (from: number, to: number) => from + Math.random() * (to - from);

async function killOne(members: readonly Member[]): Promise<void> {
  const member = members[Math.floor(Math.random() * members.length)];
  if (!member?.isUp) return;
  member.isUp = false;
  await member.server.end('SIGKILL');
  const absenceMs = Math.round(between(0, maxAbsenceMs));
  say(`killed a server with the role ${member.role} for ${absenceMs} ms`);
  await delay(absenceMs);
  member.server = await member.server.restart();
  member.isUp = true;
}

async function killAgainAndAgain(members: readonly Member[], end: AbortSignal): Promise<number> {
  let kills = 0;
  while (!end.aborted) {
    await killOne(members);
    kills += 1;
    await delay(between(minPauseMs, maxPauseMs), undefined, { signal: end }).catch(() => undefined);
  }
  return kills;
}

async function killS3Twice(s3: S3Store, minutes: number): Promise<void> {
  for (let time = 1; time <= 2; time += 1) {
    await delay((minutes * 60_000) / 3);
    await s3.kill();
    say(`killed the S3 store for ${s3AbsenceMs} ms`);
    await delay(s3AbsenceMs);
    await s3.restart();
  }
}

/** Starts runs at any server that answers. @returns the ids of those that a server acknowledged */
async function startRuns(
  members: readonly Member[],
  workspaceId: string,
  end: AbortSignal,
): Promise<string[]> {
  const started: string[] = [];
  while (!end.aborted) {
    const server = members.find(({ isUp }) => isUp)?.server;
    // A server that is killed meanwhile acknowledges nothing.
    const id = await (server && triggerJob(server, workspaceId, talkJob))?.catch(() => null);
    if (id) started.push(id);
    await delay(startEveryMs, undefined, { signal: end }).catch(() => undefined);
  }
  return started;
}

async function findLogProblems(server: TestServer, workspaceId: string, runs: readonly StoredRun[]) {
  const api = createApiWorkspace(server, workspaceId);
  const expected = Array.from({ length: talkLines }, (_, number) => `line ${number}`).join('\n');
  const problems: string[] = [];
  for (const { id, status, number } of runs) {
    if (status !== 'completed') problems.push(`${talkJob} ${number} is ${status}`);
    const log = await api.readLog(id).catch((error: unknown) => error);
    if (!Array.isArray(log)) {
      problems.push(`the log of ${talkJob} ${number} cannot be read: ${String(log)}`);
      continue;
    }
    const lines = joinLines(log).split('\n');
    const own = lines.filter((line) => line.startsWith('line ')).join('\n');
    if (own !== expected)
      problems.push(`${talkJob} ${number} has ${own.split('\n').length} lines in its log`);
  }
  return problems;
}

async function soak(minutes: number): Promise<string[]> {
  const s3 = await startS3Store();
  const variables = { ...siteVariables, ...s3.variables('soak'), PUMPHOUSE_LOG_LEVEL: 'error' };
  const first = await startTestServer({ ...variables, PUMPHOUSE_ROLES: 'scheduler' });
  const members: Member[] = [{ role: 'scheduler', server: first, isUp: true }];
  try {
    for (const role of ['scheduler', 'supervisor', 'supervisor'])
      members.push({ role, server: await first.startBeside({ PUMPHOUSE_ROLES: role }), isUp: true });
    const schedulers = members.filter(({ role }) => role === 'scheduler');
    const supervisors = members.filter(({ role }) => role === 'supervisor');
    const workspaceId = await createWorkspace(first, 'soak');
    const more = { files: { 'talk.py': talkScript }, jobs: [defineScriptJob('talk')] };
    await deployScheduleWorkspace(first, workspaceId, more);
    await createApiWorkspace(first, workspaceId).awaitEnd(await triggerJob(first, workspaceId, talkJob));

    const end = AbortSignal.timeout(minutes * 60_000);
    const [started, schedulerKills, supervisorKills] = await Promise.all([
      startRuns(schedulers, workspaceId, end),
      killAgainAndAgain(schedulers, end),
      killAgainAndAgain(supervisors, end),
      killS3Twice(s3, minutes),
    ]);
    const { server } = schedulers[0] as Member;
    await switchClocks(server, workspaceId, 'pause_job');
    const runs = createRunsLocation(first.dataDir);
    const disk = createSiteDisk(first.dataDir, runs);
    const all = await eventually('nothing runs any more', async () => {
      const stored = await listStoredRuns(disk, workspaceId);
      return stored.every(({ status }) => isTerminalRunState(status)) && stored;
    });
    const talks = all.filter(({ jobRef }) => jobRef === talkJob);
    const startsFile = join(runs.locateLocalData(workspaceId, 'prod'), 'starts');
    const starts = existsSync(startsFile) ? readFileSync(startsFile, 'utf8').split('\n').filter(Boolean) : [];
    const others = all.filter(({ jobRef }) => jobRef !== talkJob);
    say(
      `${schedulerKills} + ${supervisorKills} kills of servers, ${all.length} runs, ${talks.length} of them with ${talkLines} lines each`,
    );
    const logProblems = await findLogProblems(server, workspaceId, talks);
    if (logProblems.length > 0) say(server.log());
    return [
      ...started.filter((id) => !talks.some((run) => run.id === id)).map((id) => `run ${id} was lost`),
      ...findScheduleProblems({ runs: others, starts, clockJobs, chains }),
      ...logProblems,
    ];
  } finally {
    for (const { server } of members.slice(1)) await server.end('SIGTERM');
    await members[0]?.server.remove();
    await s3.remove();
  }
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const problems = await soak(Number(values.minutes));
for (const problem of problems) say(problem);
say(problems.length === 0 ? 'nothing was lost or doubled' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
