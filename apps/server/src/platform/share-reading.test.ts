import { expect, it } from 'vitest';
import { shareReading } from './share-reading.ts';

it('reads once for concurrent callers and while the value is kept, and again after a failure', async () => {
  let reads = 0;
  let fails = true;
  const read = shareReading(async () => {
    reads += 1;
    if (fails) throw new Error('down');
    return reads;
  }, 60_000);
  const both = await Promise.allSettled([read(), read()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect([await read(), await read()]).toEqual([2, 2]);
});

it('reads again when the value is too old', async () => {
  let reads = 0;
  const read = shareReading(async () => (reads += 1), 0);
  expect([await read(), await read()]).toEqual([1, 2]);
});
