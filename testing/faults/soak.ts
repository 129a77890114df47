/**
 * Kills and suspends servers at random moments, round after round: `npm run soak -- 50`. Prints each round
 * and a summary; exits with code 1 if a run was not complete. Not part of CI.
 */
import type { FaultSite } from './fault-site.ts';
import type { TestServer } from '../fixtures/server.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createFaultSite } from './fault-site.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import { warmUpForks, watchForkedAttempts } from './forked-runs.ts';
import { wholeRun } from './run-details.ts';

/** A failure of a run's server; returns the server that runs afterwards. */
type Mishap = (site: FaultSite, server: TestServer) => Promise<TestServer>;

/** A run with its downstream run takes about three seconds. */
const maxWaitMs = 4000;
const mishaps: Record<string, Mishap> = {
  async kill(site, server) {
    await server.end('SIGKILL');
    return site.start();
  },
  async killTwice(site, server) {
    await server.end('SIGKILL');
    const next = await site.start({ untilReady: false });
    await delay(Math.random() * 1000);
    await next.end('SIGKILL');
    return site.start();
  },
  async killWithPostgres(site, server) {
    await Promise.all([server.end('SIGKILL'), site.killPostgres()]);
    return site.start();
  },
  async killPostgres(site, server) {
    await site.killPostgres();
    return server;
  },
  async terminate(site, server) {
    await server.end('SIGTERM');
    return site.start();
  },
  async moveAway(site, server) {
    await server.end('SIGKILL');
    return site.startBeside();
  },
  async standStill(site, server) {
    server.process.kill('SIGSTOP');
    const second = await site.startBeside();
    await delay(Math.random() * 12_000);
    server.process.kill('SIGCONT');
    return second;
  },
};

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** @returns the differences from a complete run; null if there are none */
async function playRound(site: FaultSite, mishap: Mishap, waitMs: number): Promise<string | null> {
  const server = await site.start();
  if (Math.random() < 0.2) await site.needNewEnvironment(server);
  // The first runs of a server start cold.
  if (!runsAreContainers && Math.random() < 0.7) await warmUpForks(site, server);
  const jobRunId = await site.trigger(server);
  await delay(waitMs);
  const next = await mishap(site, server);
  const found = await site.describeRun(next, jobRunId);
  if (!isDeepStrictEqual(found, wholeRun)) return JSON.stringify(found);
  await site.awaitTidiness();
  return null;
}

async function soak(rounds: number): Promise<number> {
  const site = await createFaultSite();
  const endWatch = watchForkedAttempts(site.dataDir);
  const names = Object.keys(mishaps);
  let broken = 0;
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const name = names[Math.floor(Math.random() * names.length)] ?? 'kill';
      const waitMs = Math.round(Math.random() * maxWaitMs);
      const startedAt = performance.now();
      const problem = await playRound(site, mishaps[name] as Mishap, waitMs).catch((error: unknown) =>
        String(error),
      );
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      say(`${round}/${rounds} ${name} after ${waitMs} ms: ${problem ?? 'whole'} (${seconds} s)`);
      if (problem !== null) broken += 1;
      await site.endServers({ showLogs: problem !== null });
    }
  } finally {
    say(`${endWatch()} attempts were forked from a template`);
    await site.remove();
  }
  say(`${rounds - broken} of ${rounds} runs were whole`);
  return broken;
}

process.exitCode = (await soak(Number(process.argv[2] ?? 20))) === 0 ? 0 : 1;
