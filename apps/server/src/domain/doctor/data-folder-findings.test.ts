import type { DataFolderInput } from './data-folder-findings.ts';
import { describe, expect, it } from 'vitest';
import {
  deriveDataFolderFinding,
  deriveDiskFinding,
  deriveInodesFinding,
  deriveSecretKeyFinding,
} from './data-folder-findings.ts';

const path = '/var/lib/pumphouse';
const gibibyte = 1024 ** 3;

describe('deriveDataFolderFinding', () => {
  const folder = { isFolder: true, ownerUid: 5, mode: 0o711, fileSystem: 'disk' } as const;
  const good: DataFolderInput = {
    path,
    folder,
    serverUid: 5,
    writeFailure: null,
    ownerInstallation: 'one',
    installation: 'one',
    usesEmbeddedDatabase: true,
  };

  it.each<[string, Partial<DataFolderInput>, string, string | null]>([
    ['is good', {}, 'ok', null],
    ['does not exist yet', { folder: null }, 'ok', null],
    ['cannot be created', { folder: null, writeFailure: 'EACCES' }, 'problem', 'install -d -o 5 -m 711'],
    ['is a file', { folder: { ...folder, isFolder: false } }, 'problem', 'PUMPHOUSE_DATA_DIR'],
    ['is read-only', { writeFailure: 'EROFS' }, 'problem', 'writable'],
    [
      'belongs to another user',
      { folder: { ...folder, ownerUid: 0 }, writeFailure: 'EACCES' },
      'problem',
      'Run this as that user',
    ],
    ['can be changed by others', { folder: { ...folder, mode: 0o777 } }, 'problem', 'chmod 711'],
    ['can be read by others', { folder: { ...folder, mode: 0o755 } }, 'ok', null],
    ['is of another installation', { ownerInstallation: 'other' }, 'problem', 'PUMPHOUSE_DATABASE_URL'],
    ['has an owner, and the database is closed', { installation: null }, 'ok', null],
    ['is in memory', { folder: { ...folder, fileSystem: 'memory' } }, 'warning', 'on a disk'],
    ['is on NFS with a database', { folder: { ...folder, fileSystem: 'network' } }, 'warning', 'local disk'],
    [
      'is on NFS without a database',
      { folder: { ...folder, fileSystem: 'network' }, usesEmbeddedDatabase: false },
      'ok',
      null,
    ],
  ])('when it %s', (_, change, status, nextStep) => {
    const finding = deriveDataFolderFinding({ ...good, ...change });
    expect(finding.status).toBe(status);
    if (nextStep === null) expect(finding.nextStep).toBeNull();
    else expect(finding.nextStep).toContain(nextStep);
  });
});

describe('deriveSecretKeyFinding', () => {
  const file = { ownerUid: 5, mode: 0o600, sizeBytes: 64 };
  const good = { isSet: false, path: `${path}/secret.key`, file, serverUid: 5, hasInstallation: true };

  it.each<[string, Partial<Parameters<typeof deriveSecretKeyFinding>[0]>, string]>([
    ['is good', {}, 'ok'],
    ['is set', { isSet: true, file: null }, 'ok'],
    ['is of root, and this is root', { serverUid: 0 }, 'ok'],
    ['does not exist yet', { file: null, hasInstallation: false }, 'skipped'],
    ['cannot be judged without the database', { file: null, hasInstallation: null }, 'skipped'],
    ['is lost', { file: null }, 'problem'],
    ['can be read by the group', { file: { ...file, mode: 0o640 } }, 'problem'],
    [
      'can be read by others although another is set',
      { isSet: true, file: { ...file, mode: 0o604 } },
      'problem',
    ],
    ['belongs to another user', { serverUid: 6 }, 'problem'],
    ['was cut off', { file: { ...file, sizeBytes: 20 } }, 'problem'],
  ])('when it %s', (_, change, status) => {
    expect(deriveSecretKeyFinding({ ...good, ...change }).status).toBe(status);
  });
});

it.each([
  [0.4, 100, 'problem'],
  [1.5, 10, 'warning'],
  [3, 40, 'ok'],
  [4, 100, 'warning'],
  [25, 1000, 'ok'],
])('rates %d GB free of %d GB as %s', (free, size, status) => {
  const input = { path, freeBytes: free * gibibyte, sizeBytes: size * gibibyte };
  expect(deriveDiskFinding(input).status).toBe(status);
});

it.each([
  [0, 0, 'skipped'],
  [10_000, 1_000_000, 'problem'],
  [50_000, 1_000_000, 'warning'],
  [500_000, 1_000_000, 'ok'],
])('rates %d free inodes of %d as %s', (free, total, status) => {
  expect(deriveInodesFinding(path, { free, total }).status).toBe(status);
});
