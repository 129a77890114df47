import { describe, expect, it } from 'vitest';
import { readRequirementLines } from './requirement-lines.ts';

const read = (text: string) => readRequirementLines(text, 'requirements.txt');

describe('readRequirementLines', () => {
  it('reads requirements without comments and options of the installer', () => {
    const lines = [
      'dlt[duckdb,s3]==1.31.0',
      'requests',
      'a.b_c (>=1, <2)',
      'polars >=1,!=1.2.* ; python_version < "3.13"',
      'tool @ git+https://example.com/tool.git@v1#subdirectory=x',
      'pinned==1 --hash=sha256:00',
      'local==1.0+cpu',
      'epoch===1!2.0',
    ];
    const text = `\uFEFF# what we load\r\n--pre\n-e .\n${lines.join('  # why\n')}\n\n`;
    expect(read(text)).toEqual({ lines, problem: null });
  });

  it('joins continued lines', () => {
    expect(read('requests>=2 \\\r\n  ,<3')).toEqual({ lines: ['requests>=2   ,<3'], problem: null });
  });

  it.each([
    ['dlt\n-r base.txt', '2:1', 'refers to another file'],
    ['  -rbase.txt', '1:3', 'refers to another file'],
    ['--constraint=c.txt', '1:1', 'refers to another file'],
    ['-e ./shop', '1:1', 'editable'],
    ['dlt\n\nrequests=2', '3:9', 'not a requirement'],
    ['dlt requests', '1:5', 'not a requirement'],
    ['dlt>=1,\\\n  <2 x', '2:6', 'not a requirement'],
    ['dlt[duckdb', '1:4', 'not a requirement'],
    ['dlt==', '1:4', 'not a requirement'],
    ['./wheels/shop.whl', '1:1', 'not a requirement'],
    ['git+https://example.com/shop.git', '1:4', 'not a requirement'],
    ['<<<<<<< HEAD', '1:1', 'not a requirement'],
  ])('refuses %j with its place', (text, place, reason) => {
    const { problem } = read(text);
    expect(problem?.message).toMatch(new RegExp(`^requirements\\.txt:${place}: .*${reason}`));
    expect(problem?.nextStep).toMatch(/\.$/);
  });
});
