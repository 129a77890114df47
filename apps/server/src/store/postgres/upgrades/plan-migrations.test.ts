import type { Migration } from './migration-files.ts';
import type { AppliedMigration } from './plan-migrations.ts';
import { expect, it } from 'vitest';
import { parseMigration } from './migration-files.ts';
import { planMigrations } from './plan-migrations.ts';

function define(number: number, sql: string): Migration {
  const name = `${String(number).padStart(4, '0')}_step.sql`;
  return { number, name, sql, sha256: String(number), ...parseMigration(name, sql) };
}

const known = [
  define(1, '-- compatible\n'),
  define(2, '-- online\nalter table a validate constraint b;'),
  define(3, '-- compatible\n'),
  define(4, '-- online batches of a by id\nupdate a set b = 1 where id between $1 and $2;'),
  define(5, '-- online\nalter table a validate constraint c;'),
  define(6, '-- compatible, requires 0004\n'),
  define(7, '-- online\nalter table a validate constraint d;'),
];

function apply(...numbers: number[]): AppliedMigration[] {
  return numbers.map((number) => ({
    number,
    name: `${number}`,
    compatibility: 'compatible',
    sha256: String(number),
    release: null,
  }));
}

it.each([
  ['an empty schema gets everything from the start', known, [], [1, 2, 3, 4, 5, 6, 7], []],
  ['the start leaves online migrations to servers', known.slice(0, 5), [1], [3], [2, 4, 5]],
  ['it finishes those that another one requires, in their order', known, [1], [2, 3, 4, 6], [5, 7]],
  ['only what is missing', known, [1, 3, 4], [2, 6], [5, 7]],
  ['an ended online migration makes no other one late', known, [1, 2, 3, 4, 6, 7], [], [5]],
  ['neither one that is newer than a pending migration', known.slice(0, 6), [1, 2, 5], [3, 4, 6], []],
])('%s', (_, files, applied, start, online) => {
  const plan = planMigrations(files, apply(...applied));
  expect(plan.start.map(({ number }) => number)).toEqual(start);
  expect(plan.online.map(({ number }) => number)).toEqual(online);
});
