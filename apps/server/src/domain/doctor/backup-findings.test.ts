import type { BackupState } from './backup-findings.ts';
import { expect, it } from 'vitest';
import { deriveBackupFinding } from './backup-findings.ts';

const now = new Date('2026-11-30T12:00:00Z');
const at = (text: string) => new Date(`2026-11-${text}Z`);
const state: BackupState = {
  location: 's3://backups/prod',
  schedule: '0 2 * * *',
  isBesideData: false,
  lastCompletedAt: at('30T02:00:10'),
  lastFailure: null,
};
const failure = (text: string) => ({ at: at(text), reason: 'disk full' });

it.each<[string, Partial<BackupState>, string, RegExp]>([
  ['none wanted', { location: null }, 'skipped', /PUMPHOUSE_BACKUP_URL/],
  ['a recent one', {}, 'ok', /2026-11-30T02:00:10/],
  ['none yet', { lastCompletedAt: null }, 'warning', /no backup yet/],
  [
    'a missed night',
    { lastCompletedAt: at('28T02:00:10') },
    'problem',
    /2026-11-29T02:00:00.000Z was not made/,
  ],
  ['an old one, made by hand', { lastCompletedAt: at('01T02:00:10'), schedule: null }, 'ok', /2026-11-01/],
  ['a failure since', { lastFailure: failure('30T03:00:00') }, 'problem', /disk full/],
  ['a failure before', { lastFailure: failure('29T03:00:00') }, 'ok', /2026-11-30/],
  ['one beside the data', { isBesideData: true }, 'warning', /lost disk/],
])('reports %s', (_, change, status, found) => {
  expect(deriveBackupFinding({ ...state, ...change }, now)).toMatchObject({
    status,
    found: expect.stringMatching(found) as string,
  });
});
