import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLoops, type LoopDefinition, type Loops } from './loops.ts';

const log = pino({ level: 'silent' });
const hour = 3_600_000;
let listeners = new Set<(kind: string | undefined) => void>();
let started: Loops[] = [];

function createRegistry(): Loops {
  const loops = createLoops({
    async onWake(listener) {
      listeners.add(listener);
      return { close: async () => void listeners.delete(listener) };
    },
    log,
  });
  started.push(loops);
  return loops;
}

const define = (changed: Partial<LoopDefinition>): LoopDefinition => ({
  name: 'test',
  intervalMs: hour,
  iterate: async () => undefined,
  failureMessage: 'failed',
  readyWithinMs: null,
  ...changed,
});

const announce = (kind: string | undefined) => {
  for (const listener of listeners) listener(kind);
};

afterEach(async () => {
  await Promise.all(started.map((loops) => loops.stop()));
  started = [];
  listeners = new Set();
});

describe('a loop', () => {
  it('runs again after its interval, or after the pause that an iteration returns', async () => {
    const loops = createRegistry();
    const iterate = vi.fn(async () => 0);
    await loops.start(define({ iterate }));
    await expect.poll(() => iterate.mock.calls.length).toBeGreaterThan(3);
    const other = vi.fn(async () => undefined);
    await loops.start(define({ name: 'other', intervalMs: 1, iterate: other }));
    await expect.poll(() => other.mock.calls.length).toBeGreaterThan(3);
  });

  it('is woken by the events that it names only', async () => {
    const loops = createRegistry();
    const iterate = vi.fn(async () => undefined);
    await loops.start(define({ iterate, wakesFor: (kind) => kind === undefined || kind === 'mail' }));
    await expect.poll(() => iterate.mock.calls.length).toBe(1);
    announce('schedules');
    announce('mail');
    await expect.poll(() => iterate.mock.calls.length).toBe(2);
    announce(undefined);
    await expect.poll(() => iterate.mock.calls.length).toBe(3);
  });

  it('runs once more when an event comes during an iteration', async () => {
    const loops = createRegistry();
    const held = Promise.withResolvers<void>();
    const iterate = vi.fn(() => held.promise);
    const loop = await loops.start(define({ iterate }));
    await expect.poll(() => iterate.mock.calls.length).toBe(1);
    loop.wake();
    loop.wake();
    held.resolve();
    await expect.poll(() => iterate.mock.calls.length).toBe(2);
  });

  it('gathers the events that follow a wake-up', async () => {
    const loops = createRegistry();
    const iteratedAt: number[] = [];
    const iterate = async () => void iteratedAt.push(performance.now());
    const loop = await loops.start(define({ iterate, firstDelayMs: hour, gatherMs: 50 }));
    const wokenAt = performance.now();
    loop.wake();
    loop.wake();
    await expect.poll(() => iteratedAt.length).toBe(1);
    loop.wake();
    await expect.poll(() => iteratedAt.length).toBeGreaterThan(1);
    expect(iteratedAt).toHaveLength(2);
    // A timer of Node can fire up to two milliseconds early by this clock.
    expect((iteratedAt[0] ?? 0) - wokenAt).toBeGreaterThanOrEqual(48);
  });

  it('keeps its shortest pause, however often it is woken', async () => {
    const loops = createRegistry();
    const iteratedAt: number[] = [];
    const iterate = async () => void iteratedAt.push(performance.now());
    const loop = await loops.start(define({ iterate, minPauseMs: 50 }));
    await expect.poll(() => iteratedAt.length).toBe(1);
    loop.wake();
    await expect.poll(() => iteratedAt.length).toBe(2);
    // A timer of Node can fire up to two milliseconds early by this clock.
    expect((iteratedAt[1] ?? 0) - (iteratedAt[0] ?? 0)).toBeGreaterThanOrEqual(48);
  });

  it('waits for its first delay', async () => {
    const loops = createRegistry();
    const iterate = vi.fn(async () => undefined);
    const loop = await loops.start(define({ firstDelayMs: hour, iterate }));
    expect(iterate).not.toHaveBeenCalled();
    loop.wake();
    await expect.poll(() => iterate.mock.calls.length).toBe(1);
  });

  it('continues after a failure and counts it', async () => {
    const loops = createRegistry();
    let failuresLeft = 2;
    const loop = await loops.start(
      define({
        async iterate() {
          if (failuresLeft-- > 0) throw new Error('The store does not answer.');
        },
      }),
    );
    await expect.poll(() => loops.list()[0]?.failureCount).toBe(1);
    expect(loops.list()[0]?.lastSuccessAt).toBeNull();
    loop.wake();
    await expect.poll(() => loops.list()[0]?.failureCount).toBe(2);
    loop.wake();
    await expect.poll(() => loops.list()[0]?.lastSuccessAt).toBeInstanceOf(Date);
  });

  it('does not wait for an iteration that takes too long', async () => {
    const loops = createRegistry();
    const iterate = vi.fn(() => new Promise<void>(() => undefined));
    const loop = await loops.start(define({ iterate, maxIterationMs: 1 }));
    await expect.poll(() => loops.list()[0]?.failureCount).toBe(1);
    loop.wake();
    await expect.poll(() => iterate.mock.calls.length).toBe(2);
  });

  it('does not start when its preparation fails', async () => {
    const loops = createRegistry();
    const iterate = vi.fn(async () => undefined);
    const prepare = () => Promise.reject(new Error('The store does not answer.'));
    await expect(loops.start(define({ prepare, iterate, wakesFor: () => true }))).rejects.toThrow('store');
    expect(loops.list()).toEqual([]);
    expect(listeners.size).toBe(0);
    expect(iterate).not.toHaveBeenCalled();
  });
});

describe('the loops of a server', () => {
  it('have names of their own', async () => {
    const loops = createRegistry();
    await loops.start(define({}));
    await expect(loops.start(define({}))).rejects.toThrow('running already');
    expect(loops.list().map(({ name }) => name)).toEqual(['test']);
  });

  it('stop when their current iterations have ended, and signal that to them', async () => {
    const loops = createRegistry();
    const held = Promise.withResolvers<void>();
    let received: AbortSignal | undefined;
    await loops.start(
      define({
        iterate(signal) {
          received = signal;
          return held.promise;
        },
        wakesFor: () => true,
      }),
    );
    await expect.poll(() => received).toBeDefined();
    let isStopped = false;
    const stopped = loops.stop().then(() => (isStopped = true));
    expect(received?.aborted).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    held.resolve();
    await stopped;
    expect(listeners.size).toBe(0);
  });
});
