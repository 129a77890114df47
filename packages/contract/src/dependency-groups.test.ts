import { describe, expect, it } from 'vitest';
import { expandGroups } from './dependency-groups.ts';

describe('expandGroups', () => {
  it('adds the lines of included groups, whatever the spelling of their names', () => {
    const groups = {
      all: [{ 'include-group': 'My_Plots' }, 'polars', 'altair'],
      'my-plots': ['altair', { 'include-group': 'base' }],
      base: [' numpy '],
    };
    expect(expandGroups(groups)).toEqual({
      all: ['altair', 'numpy', 'polars'],
      'my-plots': ['altair', 'numpy'],
      base: ['numpy'],
    });
  });

  it.each([
    [{ a: [{ 'include-group': 'b' }] }, '"a" includes the group "b", which is not there'],
    [{ a: [{ 'include-group': 'b' }], b: [{ 'include-group': 'a' }] }, '"a" includes itself'],
    [{ a: [7] }, '"a" has an entry that is neither'],
    [{ a: [{ path: 'x' }] }, '"a" has an entry that is neither'],
    [{ a: 'polars' }, '"a" is not a list'],
  ])('refuses %j', (groups, message) => {
    expect(() => expandGroups(groups)).toThrow(`pyproject.toml: the dependency group ${message}`);
  });
});
