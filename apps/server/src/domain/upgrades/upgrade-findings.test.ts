import { describe, expect, it } from 'vitest';
import {
  derivePostgresFinding,
  deriveRecentBackupFinding,
  deriveSchemaFinding,
  deriveUpgradeSettingsFinding,
  deriveUpgradeSpaceFinding,
} from './upgrade-findings.ts';

describe('the schema', () => {
  const none = { pending: [], breaking: [], required: [], online: [], failure: null };
  it.each([
    ['of this version', none, 'ok', /no migrations/],
    [
      'with one step',
      { ...none, pending: ['0060_backups.sql'] },
      'ok',
      /applies 0060_backups.sql\. Servers .* go on/,
    ],
    [
      'with steps',
      { ...none, pending: ['0058_a.sql', '0060_b.sql'] },
      'ok',
      /2 migrations, 0058_a.sql to 0060_b.sql/,
    ],
    [
      'that breaks old servers',
      { ...none, pending: ['0061_c.sql'], breaking: ['0061_c.sql'] },
      'warning',
      /cannot work with 0061/,
    ],
    [
      'that waits for an online migration',
      { ...none, pending: ['0061_d.sql', '0062_e.sql'], required: ['0061_d.sql'] },
      'warning',
      /must finish 0061_d.sql first/,
    ],
    [
      'with an online migration only',
      { ...none, online: ['0063_f.sql'] },
      'ok',
      /^Servers of this version then apply 0063_f.sql while they work\.$/,
    ],
    ['of a newer version', { ...none, failure: 'A newer Pumphouse (0099) used it.' }, 'problem', /0099/],
  ])('%s', (_, input, status, found) => {
    expect(deriveSchemaFinding(input)).toMatchObject({
      status,
      found: expect.stringMatching(found) as string,
    });
  });
});

describe('Postgres', () => {
  it.each([
    [null, 'skipped'],
    [18, 'ok'],
    [17, 'warning'],
    [19, 'problem'],
  ])('%s with a server that runs 18 is %s', (major, status) => {
    expect(derivePostgresFinding(major, 18).status).toBe(status);
  });
});

const now = new Date('2026-11-30T12:00:00Z');

it.each([
  [null, 'warning'],
  ['2026-11-29T13:00:00Z', 'ok'],
  ['2026-11-28T13:00:00Z', 'warning'],
])('a last backup of %s is %s', (at, status) => {
  expect(deriveRecentBackupFinding(at === null ? null : new Date(at), now).status).toBe(status);
});

it('asks for as much space as the database has', () => {
  expect(deriveUpgradeSpaceFinding({ freeBytes: 10, databaseBytes: 11 }).status).toBe('warning');
  expect(deriveUpgradeSpaceFinding({ freeBytes: 11, databaseBytes: 10 }).status).toBe('ok');
});

it('names settings that this version does not know', () => {
  expect(deriveUpgradeSettingsFinding([])).toMatchObject({ status: 'ok' });
  expect(deriveUpgradeSettingsFinding(['PUMPHOUSE_OLD is ignored.'])).toMatchObject({
    status: 'warning',
    found: 'PUMPHOUSE_OLD is ignored.',
  });
});
