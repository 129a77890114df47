import { describe, expect, it } from 'vitest';
import { compareLocations, type ProcessLocation } from './process-location.ts';

const here: ProcessLocation = { bootId: 'boot', pidNamespace: 'pid:[1]', machineId: 'machine' };

describe('a process location', () => {
  it('is the same if boot, pid namespace and machine are equal', () => {
    expect(compareLocations({ ...here }, here)).toBe('same');
    expect(compareLocations({ ...here, machineId: '' }, { ...here, machineId: '' })).toBe('same');
  });

  it.each([
    ['another container of the machine', { pidNamespace: 'pid:[2]' }],
    ['another machine', { machineId: 'other', bootId: 'other' }],
    ['another machine with a boot id that was copied', { machineId: 'other' }],
    ['a machine without an id', { machineId: '' }],
  ])('is elsewhere in %s', (_name, change) => {
    expect(compareLocations({ ...here, ...change }, here)).toBe('elsewhere');
  });

  it('of another boot of a machine with the same id is recognized', () => {
    expect(compareLocations({ ...here, bootId: 'other', pidNamespace: 'pid:[2]' }, here)).toBe('other-boot');
  });

  it('of another boot proves nothing for machines without an id', () => {
    const nameless = { ...here, machineId: '' };
    expect(compareLocations({ ...nameless, bootId: 'other' }, nameless)).toBe('elsewhere');
  });
});
