import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { knownBadCombinations } from '@pumphouse/contract';
import {
  findKnownBadCombinations,
  listPackageWarnings,
  readInstalledPackages,
  warnOfKnownBad,
} from './known-bad-combinations.ts';
import { isInVersionRange, isVersionRange } from './python-versions.ts';

const pins = (packages: string[]) => findKnownBadCombinations(packages).map(({ pin }) => pin);

describe('findKnownBadCombinations', () => {
  it.each<[string[], string[]]>([
    [['dlt==1.31.0', 'sqlglot==30.30.0', 'duckdb==1.5.6'], ['sqlglot<30.22']],
    [['dlt==1.31.0', 'sqlglot==30.21.0', 'duckdb==2.0.1'], ['duckdb<2']],
    [
      ['dlt==1.31.0', 'sqlglot==30.22.0', 'duckdb==2.0.0'],
      ['sqlglot<30.22', 'duckdb<2'],
    ],
    [['DLT==1.31.0', 'SQLGlot==30.22.0'], ['sqlglot<30.22']],
    [['ibis_framework==12.0.0', 'duckdb==2.0.1'], ['duckdb<2']],
    [['psycopg2-binary==2.9.13', 'SQLAlchemy==2.1.9'], ['sqlalchemy<2.1']],
  ])('finds a fix for %j', (packages, expected) => {
    expect(pins(packages)).toEqual(expected);
  });

  it.each<[string[]]>([
    [[]],
    [['dlt==1.31.0', 'sqlglot==30.21.0', 'duckdb==1.5.6']],
    [['sqlglot==30.30.0', 'duckdb==2.0.0']],
    [['dlt==1.99.0', 'sqlglot==30.30.0', 'duckdb==2.0.0']],
    [['dlt', 'sqlglot==', '==1', 'constructor==1']],
    [['psycopg2-binary==2.9.13', 'sqlalchemy==2.1.9', 'psycopg==3.3.0']],
    [['psycopg2-binary==2.9.13', 'sqlalchemy==2.0.50']],
  ])('finds nothing in %j', (packages) => {
    expect(pins(packages)).toEqual([]);
  });
});

it('reports the versions, where the problem appears, and the pin', () => {
  const [warning, ...others] = warnOfKnownBad(['dlt==1.31.0', 'duckdb==2.0.1', 'sqlglot==29.0.0']);
  expect(others).toEqual([]);
  expect(warning).toContain('dlt 1.31.0 and duckdb 2.0.1 do not work together');
  expect(warning).toContain('fetch_arrow_table');
  expect(warning).toContain('Add "duckdb<2" to your requirements');
  expect(warning).toContain('`pumphouse data reset`');
});

it('lists the warnings of an environment with its installed versions', () => {
  expect(listPackageWarnings(['duckdb==2.0.1', 'dlt==1.31.0', 'sqlglot==29.0.0'])).toMatchObject([
    { packages: ['duckdb 2.0.1', 'dlt 1.31.0'], pin: 'duckdb<2' },
  ]);
});

it('reads the installed packages from separate lines and from one line', () => {
  expect(readInstalledPackages(' + duckdb==2.0.1')).toEqual(['duckdb==2.0.1']);
  expect(
    readInstalledPackages('Packages: dlt==1.31.0, zope.interface==7.0, torch==2.1.0+cpu, local'),
  ).toEqual(['dlt==1.31.0', 'zope.interface==7.0', 'torch==2.1.0+cpu']);
  for (const line of [
    'Resolved 30 packages in 1.2s',
    ' - duckdb==1.0',
    'error: dlt==1.31.0 has no wheel',
    '',
  ])
    expect(readInstalledPackages(line)).toEqual([]);
});

it('contains only valid ranges, and pins outside the ranges they fix', () => {
  for (const { packages, pin } of knownBadCombinations) {
    for (const range of Object.values(packages)) expect(isVersionRange(range), range).toBe(true);
    const [, name = '', range = ''] =
      /^([a-z0-9-]+)(.+)$/.exec(pin.replace(/([<>=])/, ' $1').replace(' ', '')) ?? [];
    expect(isVersionRange(range), `${name} ${range}`).toBe(true);
    expect(packages).toHaveProperty(name);
    const bound = range.replace(/^[<>=]+/, '');
    expect(isInVersionRange(bound, packages[name] ?? '')).toBe(true);
    expect(isInVersionRange(bound, range)).toBe(false);
  }
});

it('is listed in docs/operate/known-bad-combinations.md', () => {
  const page = readFileSync(
    new URL('../../../../../docs/operate/known-bad-combinations.md', import.meta.url),
    'utf8',
  );
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| |\|$/g, '').trim()))).toEqual(
    knownBadCombinations.map(({ packages, unless, where, what, pin, caution }) => [
      [
        ...Object.entries(packages).map(([name, range]) => `\`${name}${range}\``),
        ...(unless === undefined ? [] : [`without \`${unless}\``]),
      ].join(' '),
      where,
      what,
      `\`${pin}\`${caution === undefined ? '' : `. ${caution}`}`,
    ]),
  );
});
