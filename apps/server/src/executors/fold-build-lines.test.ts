import { describe, expect, it } from 'vitest';
import { foldBuildLines } from './fold-build-lines.ts';

const output = [
  'Using CPython 3.13.5 interpreter at: /usr/bin/python3',
  'Resolved 2 packages in 1ms',
  'Installed 2 packages in 2ms',
  ' + dlt==1.31.0',
  ' + duckdb==1.4.0',
];

function fold(end: 'succeed' | 'fail'): string[] {
  const lines: string[] = [];
  const folded = foldBuildLines(({ text }) => lines.push(text));
  for (const text of output) folded.onLine({ stream: 'stderr', text });
  folded[end]();
  return lines;
}

describe('the log of a build', () => {
  it('is short on success, and lists each package', () => {
    expect(fold('succeed')).toEqual([
      'Resolved 2 packages in 1ms',
      'Installed 2 packages in 2ms',
      'Packages: dlt==1.31.0, duckdb==1.4.0',
    ]);
  });

  it('is complete on failure', () => {
    expect(fold('fail')).toContain('Using CPython 3.13.5 interpreter at: /usr/bin/python3');
  });
});
