import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createLeftoversLoop } from './leftovers-loop.ts';

const log = pino({ level: 'silent' });
const nothing = { removed: [], failed: [] };

it('goes on after a round that failed, and stops when it is told to', async () => {
  let rounds = 0;
  const remove = async () => {
    rounds += 1;
    if (rounds === 1) throw new Error('The store cannot be reached.');
    return nothing;
  };
  const loop = createLeftoversLoop({ leftovers: { remove }, pauseSeconds: 0.001, log });
  loop.start();
  await expect.poll(() => rounds).toBeGreaterThan(2);
  await loop.stop();
  const before = rounds;
  await loop.stop();
  expect(rounds).toBe(before);
});

it('waits at its stop for the removal that is under way, and tells it', async () => {
  const [begun, release] = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<typeof nothing>()];
  const loop = createLeftoversLoop({
    leftovers: {
      remove({ signal } = {}) {
        if (signal) begun.resolve(signal);
        return release.promise;
      },
    },
    pauseSeconds: 0.001,
    log,
  });
  loop.start();
  const signal = await begun.promise;
  let isStopped = false;
  const stopped = loop.stop().then(() => (isStopped = true));
  expect(signal.aborted).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isStopped).toBe(false);
  release.resolve(nothing);
  await stopped;
});

it('ends at once when it only waits', async () => {
  const loop = createLeftoversLoop({ leftovers: { remove: async () => nothing }, log });
  loop.start();
  await loop.stop();
});
