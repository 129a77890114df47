import { expect, it } from 'vitest';
import { readPrice } from './read-price.ts';

it('reads a price, none, or what the contract rejects', () => {
  expect(readPrice(' 0.125 ')).toBe(0.125);
  expect(readPrice('1,5')).toBe(1.5);
  expect(readPrice('')).toBeNull();
  for (const text of ['-1', '1e3', 'free', '1,000.5', '.5']) expect(readPrice(text)).toBeNaN();
});
