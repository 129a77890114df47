import { describe, expect, it } from 'vitest';
import { addIncludedGroups } from './included-groups.ts';

const pyproject = {
  'dependency-groups': {
    reports: ['polars>=1', { 'include-group': 'Plots_all' }],
    'plots-all': ['altair', { 'include-group': 'base' }],
    base: ['Jinja2'],
  },
};
/** As dlt's client sends it without a `uv.lock`. */
const sent = {
  engine_version: 2,
  groups: { main: ['dlt==1.31.0'], reports: ['polars>=1'], 'plots-all': ['altair'], base: ['Jinja2'] },
};

describe('addIncludedGroups', () => {
  it('adds what groups include, and changes nothing else', () => {
    expect(addIncludedGroups(pyproject, sent)).toEqual({
      ...sent,
      groups: {
        ...sent.groups,
        reports: ['polars>=1', 'Jinja2', 'altair'],
        'plots-all': ['altair', 'Jinja2'],
      },
    });
  });

  it('adds no second line for a package that the client has sent', () => {
    const groups = {
      ...sent.groups,
      reports: ['polars>=1', 'altair==5', 'jinja2'],
      'plots-all': ['altair', 'jinja2'],
    };
    expect(addIncludedGroups(pyproject, { ...sent, groups })).toBe(null);
  });

  it.each([
    [undefined, sent],
    [{}, sent],
    [{ 'dependency-groups': { base: ['six', 'no requirement'], odd: 'six' } }, sent],
    [pyproject, null],
    [pyproject, { groups: [] }],
    [pyproject, { groups: { reports: 7, 'plots-all': 7, base: 7 } }],
  ])('adds nothing to %j and %j', (file, manifest) => {
    expect(addIncludedGroups(file, manifest)).toBe(null);
  });

  it('refuses a group that is not there', () => {
    const broken = { 'dependency-groups': { reports: [{ 'include-group': 'plots' }] } };
    expect(() => addIncludedGroups(broken, sent)).toThrow('includes the group "plots", which is not there');
  });
});
