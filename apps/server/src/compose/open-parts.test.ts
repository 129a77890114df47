import { expect, it } from 'vitest';
import { createOpenParts } from './open-parts.ts';

it('closes parts in the reverse order of opening, each once', async () => {
  const closed: string[] = [];
  const parts = createOpenParts();
  parts.add('store', async () => {
    await Promise.resolve();
    closed.push('store');
  });
  parts.add('listener', () => closed.push('listener'));
  await parts.close();
  await parts.close();
  expect(closed).toEqual(['listener', 'store']);
});

it.each(['last-first', 'together'] as const)('closes other parts when one fails (%s)', async (order) => {
  const closed: string[] = [];
  const parts = createOpenParts({ order });
  parts.add('store', () => closed.push('store'));
  parts.add('listener', async () => {
    throw new Error('The listener hangs.');
  });
  await expect(parts.close()).rejects.toThrow('The listener hangs.');
  expect(closed).toEqual(['store']);
});

it('leaves what does not close in time, names it, and closes the rest', async () => {
  const closed: string[] = [];
  const left: unknown[] = [];
  const log = { error: (about: unknown) => void left.push(about) };
  const parts = createOpenParts({ limitMs: 1, minPartMs: 1, log });
  const hanging = Promise.withResolvers<void>();
  parts.add('store', () => closed.push('store'));
  parts.add('registration', () => new Promise(() => undefined));
  parts.add('loops', () => hanging.promise);
  const closing = parts.close();
  expect(parts.listOpen()).toEqual(['loops', 'registration', 'store']);
  await closing;
  expect(left).toEqual([{ part: 'loops' }, { part: 'registration' }]);
  expect(closed).toEqual(['store']);
  expect(parts.listOpen()).toEqual(['loops', 'registration']);
  hanging.reject(new Error('Ended after it was left.'));
  await expect.poll(() => parts.listOpen()).toEqual(['registration']);
});
