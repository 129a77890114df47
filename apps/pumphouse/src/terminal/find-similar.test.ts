import { expect, it } from 'vitest';
import { findSimilar, listSimilar } from './find-similar.ts';

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

it('suggests names that begin with the given one before more similar ones', () => {
  expect(findSimilar('lau', ['plan', 'launch'])).toBe('launch');
  expect(findSimilar('Load', ['loads_of_orders', 'loads', 'lad'])).toBe('loads');
  expect(listSimilar('log', ['login', 'logs', 'job'])).toEqual(['logs', 'login']);
});
