import { expect, it } from 'vitest';
import { defineOrphansLoop } from './orphans-loop.ts';

const signal = new AbortController().signal;

function createCounters() {
  const counts = { reaped: 0, collected: 0 };
  return {
    counts,
    reaper: { reap: async () => void (counts.reaped += 1) },
    orphans: {
      async remove() {
        counts.collected += 1;
        return { removed: [], failed: [] };
      },
    },
  };
}

it('reaps attempts at each iteration, and collects other orphans only as often as set', async () => {
  const { counts, ...parts } = createCounters();
  const rarely = defineOrphansLoop({ ...parts, intervalSeconds: 1, collectSeconds: 3600 });
  await rarely.iterate(signal);
  await rarely.iterate(signal);
  expect(counts).toEqual({ reaped: 2, collected: 0 });
  const often = defineOrphansLoop({ ...parts, intervalSeconds: 1, collectSeconds: 0 });
  await often.iterate(signal);
  expect(counts).toEqual({ reaped: 3, collected: 1 });
});

it('passes the signal of the server that stops', async () => {
  const { reaper } = createCounters();
  const received: (AbortSignal | undefined)[] = [];
  const orphans = {
    async remove(options: { signal?: AbortSignal } = {}) {
      received.push(options.signal);
      return { removed: [], failed: [] };
    },
  };
  await defineOrphansLoop({ reaper, orphans, intervalSeconds: 1, collectSeconds: 0 }).iterate(signal);
  expect(received).toEqual([signal]);
});
