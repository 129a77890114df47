import type { EventsTarget } from '@pumphouse/client';
import type { LiveEvent } from '@pumphouse/contract';
import { afterEach, expect, test, vi } from 'vitest';
import { createFollower } from './follow.ts';

vi.mock('../session/session.ts', () => ({ SignedOutError: class SignedOutError extends Error {} }));
vi.mock('../api/error-kind.ts', () => ({ classifyError: () => 'server-away' }));

const ready: LiveEvent = { event: 'ready', data: {} };
const change: LiveEvent = {
  event: 'change',
  data: { workspace_id: 'a', kinds: ['job'], job_ids: null, job_run_ids: null },
};
const workspace = { workspaceIds: ['a'], logs: [] };
const withLog = { workspaceIds: ['a'], logs: [{ workspaceId: 'a', jobRunId: 'r' }] };
const pagesAt = (position: string | null) => [
  { workspaceIds: ['a'], load: position === null ? null : { position, atMs: Date.now() } },
];

/** A stream that the test feeds and ends. */
interface Stream {
  target: EventsTarget;
  send: (event: LiveEvent) => void;
  end: () => void;
}

function createContext() {
  const streams: Stream[] = [];
  async function* followEvents(target: EventsTarget): AsyncGenerator<LiveEvent> {
    const waiting: LiveEvent[] = [];
    const over = new AbortController();
    let wake = () => undefined as void;
    const send = (event: LiveEvent) => {
      waiting.push(event);
      wake();
    };
    const end = () => {
      over.abort();
      wake();
    };
    target.signal?.addEventListener('abort', end);
    streams.push({ target, send, end });
    while (!over.signal.aborted) {
      yield* waiting.splice(0);
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (waiting.length === 0 && !over.signal.aborted) await promise;
    }
  }
  const published: string[] = [];
  const follower = createFollower({
    followEvents,
    publishEvent: ({ event }) => published.push(event),
    publishState: () => undefined,
    onSignedOut: () => undefined,
  });
  stop = () => {
    follower.want({ workspaceIds: [], logs: [] }, []);
    for (const stream of streams) stream.end();
  };
  async function awaitStream(count: number): Promise<Stream> {
    await expect.poll(() => streams.length).toBeGreaterThanOrEqual(count);
    const stream = streams[count - 1];
    if (!stream) throw new Error('There is no stream');
    return stream;
  }
  return { follower, published, awaitStream };
}

let stop = () => undefined as void;
afterEach(() => stop());

test('a new page gets the changes since it was loaded, and need not fetch its data again', async () => {
  const { follower, published, awaitStream } = createContext();
  follower.want(workspace, pagesAt('1:1:'));
  const stream = await awaitStream(1);
  expect(stream.target.since).toBe('1:1:');
  stream.send(ready);
  stream.send(change);
  await expect.poll(() => published).toEqual(['change']);
});

test('a page without a position fetches its data again', async () => {
  const { follower, published, awaitStream } = createContext();
  follower.want(workspace, pagesAt(null));
  const stream = await awaitStream(1);
  expect(stream.target).not.toHaveProperty('since');
  stream.send(ready);
  await expect.poll(() => published).toEqual(['ready']);
});

test('a log that is opened misses no change of the workspace', async () => {
  const { follower, published, awaitStream } = createContext();
  follower.want(workspace, pagesAt(null));
  (await awaitStream(1)).send(ready);
  await expect.poll(() => published).toEqual(['ready']);
  follower.want(withLog, pagesAt(null));
  const second = await awaitStream(2);
  second.send(ready);
  second.send(change);
  await expect.poll(() => published).toEqual(['ready', 'change']);
});

test('a stream that ends before the next one is ready leaves a gap', async () => {
  const { follower, published, awaitStream } = createContext();
  follower.want(workspace, pagesAt(null));
  const first = await awaitStream(1);
  first.send(ready);
  await expect.poll(() => published).toEqual(['ready']);
  follower.want(withLog, pagesAt(null));
  const second = await awaitStream(2);
  first.end();
  // The follower connects again for what the first one followed.
  await awaitStream(3);
  second.send(ready);
  await expect.poll(() => published).toEqual(['ready', 'ready']);
});

test('a lost stream leaves a gap', async () => {
  const { follower, published, awaitStream } = createContext();
  follower.want(workspace, pagesAt(null));
  const first = await awaitStream(1);
  first.send(ready);
  await expect.poll(() => published).toEqual(['ready']);
  first.end();
  (await awaitStream(2)).send(ready);
  await expect.poll(() => published).toEqual(['ready', 'ready']);
});
