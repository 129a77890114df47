import { expect, it } from 'vitest';
import { raiseDlt } from './raise-dlt.ts';

it.each([
  ['dlt==1.24.0', 'dlt==1.26.0'],
  ['dlt[duckdb]==1.20.*', 'dlt[duckdb]==1.26.0'],
  ['dlt[duckdb,hub] >=1.20,<1.26', 'dlt[duckdb,hub]==1.26.0'],
  ['dlt <1.26.0 ; python_version > "3"', 'dlt==1.26.0 ; python_version > "3"'],
  ['dlt~=1.24.0', 'dlt==1.26.0'],
])('raises %s', (line, raised) => expect(raiseDlt(line)).toBe(raised));

it.each([
  'dlt',
  'dlt==1.26.0',
  'dlt>=1.20',
  'dlt~=1.24',
  'dlt<2',
  'dlt<1.26.1',
  'dlt==1.31.0',
  'dlt @ git+https://example.com/dlt',
  'dlt-plus==1.20.0',
  'duckdb==1.2.0',
])('leaves %s', (line) => expect(raiseDlt(line)).toBe(line));
