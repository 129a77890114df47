import { describe, expect, it } from 'vitest';
import {
  chooseInstanceLimits,
  defaultInstanceSizes,
  InstanceSizesSyntaxError,
  parseInstanceSizes,
} from './instance-sizes.ts';

const gibibyte = 1024 ** 3;

describe('instance sizes', () => {
  it('default to those of the hosted product', () => {
    expect(parseInstanceSizes('')).toEqual(parseInstanceSizes(defaultInstanceSizes));
    expect(parseInstanceSizes('')).toMatchObject({
      small: { cpus: 2, memoryBytes: 4 * gibibyte, processes: 512 },
      xlarge: { cpus: 16, memoryBytes: 32 * gibibyte, processes: 4096 },
    });
  });

  it('can be set one by one, also to no limit', () => {
    const sizes = parseInstanceSizes(' small=0.5/512/64   large=-/-/- ');
    expect(sizes.small).toEqual({ cpus: 0.5, memoryBytes: gibibyte / 2, processes: 64 });
    expect(sizes.large).toEqual({ cpus: null, memoryBytes: null, processes: null });
    expect(sizes.medium).toEqual(parseInstanceSizes('').medium);
  });

  it.each([
    'tiny=1/512/64',
    'small',
    'small=1/512',
    'small=1/512/64/2',
    'small=0/512/64',
    'small=1/63/64',
    'small=1/512/31',
    'small=1/512/many',
    'small=1/-512/64',
    'small=1/5e3/64',
  ])('reject %s', (text) => {
    expect(() => parseInstanceSizes(text)).toThrow(InstanceSizesSyntaxError);
  });

  it('default to small if a job names none', () => {
    const sizes = parseInstanceSizes('');
    expect(chooseInstanceLimits(sizes, undefined)).toEqual(sizes.small);
    expect(chooseInstanceLimits(sizes, 'large')).toEqual(sizes.large);
  });
});
