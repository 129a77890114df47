import { expect, it } from 'vitest';
import { findSimilar } from './find-similar.ts';

it.each([
  ['laod', 'load'],
  ['lod', 'load'],
  ['Report', 'report'],
  ['broekn', 'broken'],
])('%s suggests %s', (name, similar) => {
  expect(findSimilar(name, ['broken', 'load', 'report'])).toBe(similar);
});

it('suggests nothing that is not close', () => {
  expect(findSimilar('orders', ['broken', 'load', 'report'])).toBeUndefined();
  expect(findSimilar('ab', ['cd', 'a'])).toBe('a');
});
