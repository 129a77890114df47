import { expect, it } from 'vitest';
import { createOpenParts } from './open-parts.ts';

it('closes parts in the reverse order of opening, each once', async () => {
  const closed: string[] = [];
  const parts = createOpenParts();
  parts.add(async () => {
    await Promise.resolve();
    closed.push('store');
  });
  parts.add(() => closed.push('listener'));
  await parts.close();
  await parts.close();
  expect(closed).toEqual(['listener', 'store']);
});

it.each(['last-first', 'together'] as const)('closes other parts when one fails (%s)', async (order) => {
  const closed: string[] = [];
  const parts = createOpenParts(order);
  parts.add(() => closed.push('store'));
  parts.add(async () => {
    throw new Error('The listener hangs.');
  });
  await expect(parts.close()).rejects.toThrow('The listener hangs.');
  expect(closed).toEqual(['store']);
});
