import { expect, it } from 'vitest';
import { defaultInstanceSizes, parseInstanceSizes } from '../attempts/instance-sizes.ts';
import { suggestSize } from './suggest-size.ts';

const sizes = parseInstanceSizes(defaultInstanceSizes);
const gib = 1024 ** 3;
const use = { size: 'large', measuredCount: 3, peakMemoryBytes: 0.6 * gib, peakCores: 1 } as const;

it('suggests the smallest size with room to spare', () => {
  expect(suggestSize(sizes, use)).toBe('small');
  expect(suggestSize(sizes, { ...use, peakMemoryBytes: 3 * gib })).toBe('medium');
  expect(suggestSize(sizes, { ...use, peakCores: 3.5 })).toBe('medium');
});

it.each([
  ['the memory was needed', { peakMemoryBytes: 6 * gib }],
  ['the cores were needed', { peakCores: 5 }],
  ['too few attempts were measured', { measuredCount: 2 }],
  ['the peaks are not known', { peakMemoryBytes: null, peakCores: null }],
  ['it is the smallest size', { size: 'small' as const }],
])('suggests nothing when %s', (_, change) => {
  expect(suggestSize(sizes, { ...use, ...change })).toBeNull();
});

it('suggests a smaller size to jobs without a limit', () => {
  const unlimited = parseInstanceSizes('large=-/-/2048');
  expect(suggestSize(unlimited, use)).toBe('small');
});
