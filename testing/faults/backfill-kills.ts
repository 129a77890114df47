/**
 * Kills the server ten times during a backfill of 1,000 windows, eight at a time: `npm run kills:backfill`, or
 * `-- 200 20` for other numbers of windows and kills. Prints each kill, then whether each window ran exactly
 * once, and exits with code 1 if not. Not part of CI.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createBackfillSite } from './backfill-site.ts';

const parallel = 8;
const say = (text: string) => void process.stdout.write(`${text}\n`);

async function playKills(windows: number, kills: number): Promise<boolean> {
  const site = await createBackfillSite();
  const startedAt = performance.now();
  try {
    let server = await site.start();
    const backfillId = await site.createBackfill(server, windows, parallel);
    for (let kill = 1; kill <= kills; kill += 1) {
      // At a random moment between two shares of the windows.
      const target = (windows * (kill - 1 + Math.random())) / kills;
      let counts = await site.countStates(backfillId);
      while ((counts?.['completed'] ?? 0) < target) {
        await delay(200);
        counts = await site.countStates(backfillId);
      }
      await delay(Math.random() * 500);
      await server.end('SIGKILL');
      say(`${kill}/${kills}: killed with ${JSON.stringify(counts)}`);
      server = await site.start();
    }
    let backfill = await server.client.call('get_backfill', site.ofBackfill(backfillId));
    while (backfill.ended_at === null) {
      await delay(500);
      backfill = await server.client.call('get_backfill', site.ofBackfill(backfillId));
    }
    const problems = await site.findProblems(backfillId);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    say(`the backfill ${backfill.status} after ${seconds} s: ${JSON.stringify(backfill.counts)}`);
    say(problems.length === 0 ? 'each window ran exactly once' : problems.join('\n'));
    return problems.length === 0 && backfill.status === 'completed';
  } finally {
    await site.remove();
  }
}

const [windows = '1000', kills = '10'] = process.argv.slice(2);
process.exitCode = (await playKills(Number(windows), Number(kills))) ? 0 : 1;
