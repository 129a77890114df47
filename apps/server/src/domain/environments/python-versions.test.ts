import { describe, expect, it } from 'vitest';
import { isInVersionRange, isVersionRange } from './python-versions.ts';

describe('isInVersionRange', () => {
  it.each([
    ['30.22.0', '>=30.22'],
    ['30.30.0', '>=30.22'],
    ['31.0', '>=30.22,<32'],
    ['1.31.0', '<=1.31.0'],
    ['1.31', '<=1.31.0'],
    ['1.9.1', '<1.10'],
    ['2.0.0', '==2'],
    ['2.0.0rc1', '<2'],
    ['2.0.0.dev20260101', '<2'],
    ['2.0.1', '>2'],
    ['2.0.0+cu12', '>=2'],
    ['2.0.0.post1', '>=2'],
  ])('includes %s in %s', (version, range) => {
    expect(isInVersionRange(version, range)).toBe(true);
  });

  it.each([
    ['30.21.0', '>=30.22'],
    ['30.3.0', '>=30.22'],
    ['1.31.1', '<=1.31.0'],
    ['1.10', '<1.10'],
    ['2.0.0rc1', '>=2'],
    ['3', '>=1,<3'],
    ['', '>=1'],
    ['main', '>=1'],
    ['1.0', '~=1.0'],
    ['1.0', ''],
  ])('excludes %s from %s', (version, range) => {
    expect(isInVersionRange(version, range)).toBe(false);
  });
});

it('recognizes a range', () => {
  expect(['>=1', '<2,>=1.5', '==3.0.0'].map(isVersionRange)).toEqual([true, true, true]);
  expect(['', '1', '~=1', '>=', '>=1,', '>=x'].map(isVersionRange)).toEqual(Array(6).fill(false));
});
