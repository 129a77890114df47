import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { createBackfillSite } from './backfill-site.ts';

let site: Awaited<ReturnType<typeof createBackfillSite>>;

beforeAll(async () => {
  site = await createBackfillSite();
});
afterEach(() => site.endServers());
afterAll(() => site.remove());

async function awaitEnd(backfillId: string): Promise<void> {
  const open = ['waiting', 'running'];
  await eventually('no window is open', async () => {
    const counts = await site.countStates(backfillId);
    return counts !== null && !open.some((state) => counts[state]);
  });
}

it.each(['in-backfill-before-commit', 'after-backfill-commit'] as const)(
  'kill -9 of the server (%s) neither loses a window nor starts one twice',
  async (pauseAt) => {
    const first = await site.start({ pauseAt });
    const backfillId = await site.createBackfill(first, 6, 3);
    await site.awaitPause();
    await first.end('SIGKILL');
    site.resume();
    await site.start();
    await awaitEnd(backfillId);
    expect(await site.findProblems(backfillId)).toEqual([]);
    // Its windows would be completed for the next test.
    await site.forget();
  },
);

it('kill -9 of the server while windows are inserted neither loses nor repeats one', async () => {
  const windows = 1200;
  let server = await site.start({ pauseAt: 'in-backfill-portion' });
  const backfillId = await site.createBackfill(server, windows, 2);
  const of = site.ofBackfill(backfillId);
  await site.awaitPause();
  // The portion was inserted in a transaction that never ends.
  await server.end('SIGKILL');
  site.resume();
  server = await site.start({ pauseAt: 'in-backfill-portion' });
  await site.awaitPause();
  expect(await server.client.call('get_backfill', of)).toMatchObject({
    status: 'preparing',
    counts: { waiting: windows, running: 0 },
  });
  await server.end('SIGKILL');
  site.resume();
  server = await site.start();
  await eventually('windows complete', async () => (await site.countStates(backfillId))?.['completed']);
  expect(await site.findPlanProblems(backfillId, windows)).toEqual([]);
  await server.client.call('cancel_backfill', { ...of, body: { cancel_running: true } });
  const ended = await eventually('it is cancelled', async () => {
    const backfill = await server.client.call('get_backfill', of);
    return backfill.status === 'cancelled' && backfill;
  });
  const { completed, cancelled } = ended.counts;
  expect(completed + cancelled).toBe(windows);
  await site.forget();
});

it('a backfill that is cancelled while its windows are inserted starts none after a kill -9', async () => {
  let server = await site.start({ pauseAt: 'in-backfill-portion' });
  const backfillId = await site.createBackfill(server, 1200, 2);
  const of = site.ofBackfill(backfillId);
  await site.awaitPause();
  await server.end('SIGKILL');
  site.resume();
  server = await site.start({ pauseAt: 'after-backfill-commit' });
  await site.awaitPause();
  await server.client.call('cancel_backfill', { ...of, body: { cancel_running: false } });
  await server.end('SIGKILL');
  site.resume();
  server = await site.start();
  const ended = await eventually('it is cancelled', async () => {
    const backfill = await server.client.call('get_backfill', of);
    return backfill.status === 'cancelled' && backfill;
  });
  expect(ended.counts).toMatchObject({ waiting: 0, running: 0, completed: 0, cancelled: 1200 });
  expect(await site.findPlanProblems(backfillId, 500)).toEqual([]);
});

it('a pause, a resume and a cancel hold over restarts', async () => {
  let server = await site.start();
  const backfillId = await site.createBackfill(server, 30, 2);
  const of = site.ofBackfill(backfillId);
  await server.client.call('pause_backfill', of);
  await server.end('SIGKILL');
  server = await site.start();
  await eventually('the started windows end', async () => !(await site.countStates(backfillId))?.['running']);
  const paused = await server.client.call('get_backfill', of);
  expect(paused).toMatchObject({ status: 'paused', counts: { running: 0 } });
  await server.client.call('resume_backfill', of);
  await server.end('SIGKILL');
  server = await site.start();
  await eventually('a further window completes', async () => {
    const counts = await site.countStates(backfillId);
    return (counts?.['completed'] ?? 0) > paused.counts.completed;
  });
  await server.client.call('cancel_backfill', { ...of, body: { cancel_running: true } });
  await server.end('SIGKILL');
  server = await site.start();
  const ended = await eventually('it is cancelled', async () => {
    const backfill = await server.client.call('get_backfill', of);
    return backfill.status === 'cancelled' && backfill;
  });
  expect(ended.counts).toMatchObject({ waiting: 0, running: 0, failed: 0 });
});

it('two servers share a backfill, and one continues alone when the other is suspended during a step', async () => {
  await site.startBeside();
  await site.forget();
  const first = await site.start({ pauseAt: 'in-backfill-before-commit' });
  const backfillId = await site.createBackfill(first, 20, 3);
  await site.awaitPause();
  first.process.kill('SIGSTOP');
  await awaitEnd(backfillId);
  site.resume();
  first.process.kill('SIGCONT');
  expect(await site.findProblems(backfillId)).toEqual([]);
});
