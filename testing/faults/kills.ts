/**
 * Kills servers, and sometimes their Postgres, at random moments while jobs start by the clock: `npm run
 * kills -- 200`. Each server is killed (-9) at a random moment after its start, ready or not. Prints each
 * kill, checks periodically whether anything was lost or duplicated, and exits with code 1 if so. Not part of
 * CI.
 */
import type { ScheduleSite } from './schedule-site.ts';
import type { TestServer } from '../fixtures/server.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { watchForkedAttempts } from './forked-runs.ts';
import { createScheduleSite } from './schedule-site.ts';

/** A run with its downstream run takes a second, a server needs two to be ready. */
const maxLifetimeMs = 5000;
const killsBetweenLooks = 20;
const postgresShare = 0.15;
/** Share of the checks before which a server is suspended and a second one takes over. */
const stillShare = 0.5;

const say = (text: string) => void process.stdout.write(`${text}\n`);
const secondsSince = (startedAt: number) => ((performance.now() - startedAt) / 1000).toFixed(1);

/** Starts one server and kills it. */
async function kill(site: ScheduleSite, name: string): Promise<void> {
  const server = await site.start({ untilReady: Math.random() < 0.7 });
  const lifetimeMs = Math.round(Math.random() * maxLifetimeMs);
  await delay(lifetimeMs);
  const withPostgres = Math.random() < postgresShare;
  await Promise.all([server.end('SIGKILL'), withPostgres ? site.killPostgres() : undefined]);
  say(`${name}: killed after ${lifetimeMs} ms${withPostgres ? ', with Postgres' : ''}`);
}

/** @returns the server that remains */
async function standStill(site: ScheduleSite): Promise<TestServer> {
  const first = await site.start();
  const second = await site.startBeside();
  await delay(Math.random() * maxLifetimeMs);
  first.process.kill('SIGSTOP');
  const startedAt = performance.now();
  await site.awaitProgress();
  say(`a server stands still: the other has gone on with everything after ${secondsSince(startedAt)} s`);
  first.process.kill('SIGCONT');
  return second;
}

/**
 * Waits until the site is quiet.
 * @returns whether everything is as expected
 */
async function look(site: ScheduleSite): Promise<boolean> {
  const startedAt = performance.now();
  const server = Math.random() < stillShare ? await standStill(site) : await site.start();
  await site.awaitProgress();
  const problems = await site.findProblems(server);
  const runs = await site.listRuns();
  const count = (status: string) => runs.filter((run) => run.status === status).length;
  const message = problems.length === 0 ? 'nothing lost, nothing doubled' : problems.join('\n  ');
  say(`${count('completed')} runs, ${count('skipped')} skips: ${message} (${secondsSince(startedAt)} s)`);
  await site.endServers({ showLogs: problems.length > 0 });
  return problems.length === 0;
}

async function playKills(kills: number): Promise<boolean> {
  const site = await createScheduleSite();
  const endWatch = watchForkedAttempts(site.dataDir);
  let isSound = true;
  try {
    for (let round = 1; round <= kills; round += 1) {
      await kill(site, `${round}/${kills}`);
      if (round % killsBetweenLooks === 0 || round === kills) isSound = (await look(site)) && isSound;
    }
  } catch (error) {
    await site.endServers({ showLogs: true });
    throw error;
  } finally {
    say(`${endWatch()} attempts were forked from a template`);
    await site.remove();
  }
  say(isSound ? `${kills} kills: every run ended as it must` : `${kills} kills: see above what is wrong`);
  return isSound;
}

process.exitCode = (await playKills(Number(process.argv[2] ?? 50))) ? 0 : 1;
