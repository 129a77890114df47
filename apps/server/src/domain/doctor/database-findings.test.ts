import { expect, it } from 'vitest';
import {
  deriveClockFinding,
  deriveConnectionsFinding,
  deriveDatabaseFinding,
  deriveDurabilityFinding,
  deriveMigrationsFinding,
  deriveOnlineMigrationsFinding,
} from './database-findings.ts';
import { explainDatabaseError } from './explain-database-error.ts';

const database = {
  version: '17.2',
  versionNumber: 170_002,
  isReadOnly: false,
  sizeBytes: 1024,
  isEmbedded: false,
};

it.each([
  [{}, 'ok'],
  [{ version: '13.9', versionNumber: 130_009 }, 'problem'],
  [{ isReadOnly: true }, 'problem'],
])('rates a database with %j as %s', (change, status) => {
  expect(deriveDatabaseFinding({ ...database, ...change }).status).toBe(status);
});

it.each([
  [100, 3, 30, 'ok'],
  [100, 3, 95, 'warning'],
  [20, 3, 1, 'problem'],
])('rates %d connections, %d reserved and %d used, as %s', (max, reserved, used, status) => {
  const input = { maxConnections: max, reservedConnections: reserved, usedConnections: used };
  expect(deriveConnectionsFinding({ ...input, serverConnections: 21 }).status).toBe(status);
});

it.each([
  [{ fsync: true, fullPageWrites: true, synchronousCommit: 'on' }, 'ok', null],
  [{ fsync: true, fullPageWrites: true, synchronousCommit: 'local' }, 'ok', null],
  [{ fsync: true, fullPageWrites: true, synchronousCommit: 'off' }, 'warning', 'synchronous_commit = on'],
  [{ fsync: false, fullPageWrites: true, synchronousCommit: 'on' }, 'problem', 'fsync = on'],
  [{ fsync: false, fullPageWrites: false, synchronousCommit: 'off' }, 'problem', 'full_page_writes = on'],
])('rates %j as %s', (input, status, nextStep) => {
  const finding = deriveDurabilityFinding(input);
  expect(finding.status).toBe(status);
  expect(finding.nextStep ?? '').toContain(nextStep ?? '');
});

it.each([
  [{}, 'ok'],
  [{ pending: ['0060_new.sql'] }, 'ok'],
  [{ pending: ['0060_new.sql'], isServer: true }, 'problem'],
  [{ newer: ['0099_later.sql'] }, 'warning'],
  [{ newer: ['0099_later.sql'], failure: 'The database was brought forward.' }, 'problem'],
])('rates migrations with %j as %s', (change, status) => {
  const same = { pending: [], newer: [], failure: null, isServer: false };
  expect(deriveMigrationsFinding({ ...same, ...change }).status).toBe(status);
});

const half = { name: '0065_index.sql', percent: 43, failure: null };
it.each([
  ['none', [], false, 'ok', 'have ended'],
  ['one', [half], false, 'ok', '0065_index.sql is 43 % done. Servers'],
  ['several', [{ ...half, percent: null }, half], false, 'ok', 'has not ended, and 1 more wait for it'],
  ['a paused one', [half], true, 'warning', 'It is paused'],
  ['a failed one', [{ ...half, failure: 'no space left' }], false, 'warning', 'no space left'],
])('describes %s of the online migrations', (_, unfinished, isPaused, status, text) => {
  expect(deriveOnlineMigrationsFinding(unfinished, isPaused)).toMatchObject({
    status,
    found: expect.stringContaining(text),
  });
});

it.each([
  [0.2, 'ok', 'agree'],
  [-4, 'ok', 'agree'],
  [20, 'warning', '20 s ahead of'],
  [-300, 'problem', '300 s behind'],
])('rates a clock that is %d s ahead as %s', (seconds, status, text) => {
  expect(deriveClockFinding(seconds)).toMatchObject({ status, found: expect.stringContaining(text) });
});

it('explains errors of connections without the password', () => {
  const url = 'postgres://me:swordfish@db.example.com:5433/shop';
  expect(explainDatabaseError('28P01', url)).toEqual({
    happened: 'The database shop at db.example.com:5433 cannot be used: it refuses the password.',
    nextStep: 'Check the password in PUMPHOUSE_DATABASE_URL or PUMPHOUSE_DATABASE_PASSWORD_FILE.',
  });
  expect(explainDatabaseError('ECONNREFUSED', url)?.happened).toContain('no connection (ECONNREFUSED)');
  expect(explainDatabaseError('XX000', url)).toBeNull();
});
