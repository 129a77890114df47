import { describe, expect, it } from 'vitest';
import { readRequirementLines } from '@pumphouse/contract';
import { findDroppedLine } from './dropped-lines.ts';

const find = (text: string, main: string[]) =>
  findDroppedLine(readRequirementLines(text, 'requirements.txt'), { groups: { main } })?.message ?? null;

describe('findDroppedLine', () => {
  it.each<[what: string, text: string, main: string[]]>([
    [
      'lines as they were written',
      'dlt[duckdb]==1.31.0\nRequests_x >=2\n',
      ['dlt[duckdb]==1.31.0', 'requests-x>=2'],
    ],
    ['what another file adds', 'dlt==1.31.0\n-r base.txt\n', ['dlt==1.31.0', 'humanize==4.1.0']],
    ['versions that were chosen', 'humanize\n-c constraints.txt\n', ['humanize==4.1.0']],
    ['all but a line whose marker never holds', 'dlt==1\ntomli==2 ; python_version < "3.9"', ['dlt==1']],
    ['nothing, as the file has nothing', '# later\n', []],
  ])('accepts %s', (_, text, main) => {
    expect(find(text, main)).toBe(null);
  });

  it.each<[what: string, text: string, main: string[], message: string]>([
    ['another file', 'dlt==1.31.0\n-r base.txt', ['dlt==1.31.0'], ':2:1: the line refers to another file'],
    ['only another file', '-r base.txt', [], ':1:1: the line refers to another file'],
    ['a malformed line', 'dlt==1\nrequests=2', ['dlt==1'], ':2:9: the line is not a requirement'],
    [
      'a line with hashes',
      'dlt==1\na==1 \\\n  --hash=sha256:00',
      ['dlt==1'],
      ':2:1: the client has left out',
    ],
    [
      'another project, even with a resolver',
      'dlt\n-e ../x',
      ['-e ../x', 'dlt==1'],
      ':2:1: the line installs a project',
    ],
    ['a URL without a name', 'dlt\ngit+https://example.com/x.git', ['dlt'], ':2:1: the client has left out'],
    [
      'the line after a byte order mark',
      '\uFEFFdlt\nrequests',
      ['requests'],
      ':1:1: the client has left out',
    ],
  ])('finds %s that is missing', (_, text, main, message) => {
    expect(find(text, main)).toContain(`requirements.txt${message}`);
  });
});
