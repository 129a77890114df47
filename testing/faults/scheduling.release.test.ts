import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createScheduleSite, type ScheduleSite } from './schedule-site.ts';

let site: ScheduleSite;

beforeAll(async () => {
  site = await createScheduleSite();
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

it.each(['in-tick-before-commit', 'after-tick-commit'] as const)(
  'no kill -9 of the server (%s) loses a tick, and each tick brings one run',
  async (pauseAt) => {
    const first = await site.start({ pauseAt });
    await site.awaitPause();
    await first.end('SIGKILL');
    const next = await site.start();
    await site.awaitProgress();
    expect(await site.findProblems(next)).toEqual([]);
  },
);

it('ticks continue automatically after kill -9 of Postgres during one', async () => {
  const server = await site.start({ pauseAt: 'in-tick-before-commit' });
  await site.awaitPause();
  await site.killPostgres();
  site.resume();
  await site.awaitProgress();
  expect(await site.findProblems(server)).toEqual([]);
});

it('two servers compete for ticks and runs, and one continues alone when the other is suspended during a tick', async () => {
  const second = await site.startBeside();
  const first = await site.start({ pauseAt: 'in-tick-before-commit' });
  await site.awaitPause();
  first.process.kill('SIGSTOP');
  // The tick held by the first server is released when Postgres ends its transaction, and the runs when their
  // leases expire.
  await site.awaitProgress();
  site.resume();
  first.process.kill('SIGCONT');
  await site.awaitProgress();
  expect(await site.findProblems(second)).toEqual([]);
});
