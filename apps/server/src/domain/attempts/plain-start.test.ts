import { describe, expect, it } from 'vitest';
import { namePlainStart, readPlainStart } from './plain-start.ts';

describe('the reason for a plain start', () => {
  it('is a module, or a file with or without a line', () => {
    expect(readPlainStart({ module: 'semver' })).toEqual({ module: 'semver', file: null, line: null });
    expect(readPlainStart({ file: 'a/jobs.py', line: 3 })).toEqual({
      module: null,
      file: 'a/jobs.py',
      line: 3,
    });
    expect(readPlainStart({ file: 'jobs.py', line: null })).toEqual({
      module: null,
      file: 'jobs.py',
      line: null,
    });
  });

  it('has a short name', () => {
    expect(namePlainStart({ module: 'semver', file: null, line: null })).toBe('semver');
    expect(namePlainStart({ module: null, file: 'jobs.py', line: 3 })).toBe('jobs.py:3');
    expect(namePlainStart({ module: null, file: 'jobs.py', line: null })).toBe('jobs.py');
  });

  it.each([
    undefined,
    null,
    'jobs.py',
    [],
    {},
    { line: 3 },
    { file: '' },
    { file: 'a\0b' },
    { file: '\ud800' },
  ])('is unknown from %o', (reported) => {
    expect(readPlainStart(reported)).toBeNull();
  });

  it.each([1.5, '3', Number.MAX_VALUE, {}])('has no line from %o', (line) => {
    expect(readPlainStart({ file: 'jobs.py', line })?.line).toBeNull();
  });
});
