import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createScheduleSite, type ScheduleSite } from './schedule-site.ts';

let site: ScheduleSite;

beforeAll(async () => {
  site = await createScheduleSite();
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

it.each(['in-tick-before-commit', 'after-tick-commit'] as const)(
  'a tick is lost by no kill -9 of the server (%s), and brings one run',
  async (pauseAt) => {
    const first = await site.start({ pauseAt });
    await site.awaitPause();
    await first.end('SIGKILL');
    const next = await site.start();
    await site.awaitProgress();
    expect(await site.findProblems(next)).toEqual([]);
  },
);

it('ticks go on by themselves after kill -9 of Postgres in the middle of one', async () => {
  const server = await site.start({ pauseAt: 'in-tick-before-commit' });
  await site.awaitPause();
  await site.killPostgres();
  site.resume();
  await site.awaitProgress();
  expect(await site.findProblems(server)).toEqual([]);
});

it('two servers fight over ticks and runs, and one goes on alone when the other stands still in the middle of a tick', async () => {
  const second = await site.startBeside();
  const first = await site.start({ pauseAt: 'in-tick-before-commit' });
  await site.awaitPause();
  first.process.kill('SIGSTOP');
  // The tick that the first server holds is free when Postgres ends its transaction; the runs when their leases are over.
  await site.awaitProgress();
  site.resume();
  first.process.kill('SIGCONT');
  await site.awaitProgress();
  expect(await site.findProblems(second)).toEqual([]);
});
