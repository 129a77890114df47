import { expect, it } from 'vitest';
import { isBackupDue } from './backup-due.ts';

const now = new Date('2026-11-30T12:00:00Z');
const nightly = '0 2 * * *';

it.each([
  ['the first one', null, true],
  ['after the last night', { startedAt: new Date('2026-11-30T02:00:03Z'), hasFailed: false }, false],
  ['after the night before', { startedAt: new Date('2026-11-29T02:00:03Z'), hasFailed: false }, true],
  ['right after a failure', { startedAt: new Date('2026-11-30T11:50:00Z'), hasFailed: true }, false],
  ['15 minutes after a failure', { startedAt: new Date('2026-11-30T11:45:00Z'), hasFailed: true }, true],
])('is decided for %s', (_, last, isDue) => {
  expect(isBackupDue(nightly, last, now)).toBe(isDue);
});
