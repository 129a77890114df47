import type { LiveMessage, CoalescingQueue } from './coalescing-queue.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeOfAnything, gatherChanges, maxNamed } from '../../domain/workspaces/workspace-change.ts';
import { createCoalescingQueue } from './coalescing-queue.ts';

let queue: CoalescingQueue;
let reading: AbortController;
let messages: AsyncGenerator<LiveMessage>;

beforeEach(() => {
  queue = createCoalescingQueue();
  reading = new AbortController();
  messages = queue.read({ idleAfterMs: 10_000, signal: reading.signal });
});
afterEach(() => reading.abort());

const next = async () => (await messages.next()).value as LiveMessage | undefined;

function changeOf(workspaceId: string, jobRunId: string, kind = 'job-run') {
  const [change] = gatherChanges([{ workspaceId, kind, jobId: 'job', jobRunId }]);
  if (!change) throw new Error('Nothing was gathered');
  return change;
}

describe('messages that a slow reader has not taken', () => {
  it('are coalesced into one change for each workspace and one length for each log', async () => {
    queue.open();
    expect(await next()).toEqual({ kind: 'ready' });
    for (let count = 0; count < 10_000; count += 1) {
      queue.putChange(changeOf('a', `run ${count}`));
      queue.putLog({ jobRunId: 'run 0', lineCount: count, isComplete: false });
    }
    queue.putChange(changeOf('b', 'run', 'schema'));
    expect(await next()).toMatchObject({
      change: { workspaceId: 'a', jobRunIds: null, jobIds: new Set(['job']) },
    });
    expect(await next()).toMatchObject({ change: { workspaceId: 'b', kinds: new Set(['schema']) } });
    expect(await next()).toMatchObject({ kind: 'log', extent: { lineCount: 9999 } });
    const waiting = next();
    queue.putChange(changeOf('a', 'the next run'));
    expect(await waiting).toMatchObject({ change: { jobRunIds: new Set(['the next run']) } });
  });

  it('name as many ids as fit', async () => {
    queue.open();
    for (let count = 0; count < maxNamed; count += 1)
      queue.putChange(changeOf('a', `run ${count % maxNamed}`));
    await next();
    const message = await next();
    expect(message?.kind === 'change' && message.change.jobRunIds?.size).toBe(maxNamed);
  });

  it('cover anything, once anything may have changed', async () => {
    queue.open();
    queue.putChange(changeOfAnything('a'));
    queue.putChange(changeOf('a', 'run'));
    await next();
    expect(await next()).toMatchObject({ change: { jobIds: null, jobRunIds: null } });
  });
});

it('are withheld until the queue is open', async () => {
  queue.putChange(changeOf('a', 'run'));
  const first = next();
  queue.open();
  expect(await first).toEqual({ kind: 'ready' });
  expect(await next()).toMatchObject({ kind: 'change' });
});

it('are replaced by the end, once, also before the queue is open', async () => {
  queue.putChange(changeOf('a', 'run'));
  queue.end({ reason: 'no_access', detail: 'Gone.' });
  queue.end({ reason: 'failed', detail: 'Later.' });
  expect(await next()).toEqual({ kind: 'end', reason: 'no_access', detail: 'Gone.' });
  expect(await next()).toBeUndefined();
});

it('include an end that arrives during a read', async () => {
  queue.open();
  await next();
  queue.putChange(changeOf('a', 'run'));
  queue.putChange(changeOf('b', 'run'));
  await next();
  queue.end({ reason: 'failed', detail: 'It failed.' });
  expect([(await next())?.kind, (await next())?.kind, await next()]).toEqual(['change', 'end', undefined]);
});

it('include heartbeats, and stop when the reader leaves', async () => {
  const idle = queue.read({ idleAfterMs: 5, signal: reading.signal });
  expect((await idle.next()).value).toEqual({ kind: 'idle' });
  const waiting = next();
  reading.abort();
  expect(await waiting).toBeUndefined();
});
