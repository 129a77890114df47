import type { BackupManifest } from '../../domain/backups/backup-manifest.ts';
import type { BackupFiles } from './backup-files.ts';
import type { RestoreDatabase } from '../../store/postgres/backups/restore-database.ts';
import type { RestoreDependencies } from './restore-backup.ts';
import type { TestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRestoreDatabase } from '../../store/postgres/backups/restore-database.ts';
import { createBackupFiles } from './backup-files.ts';
import { createBackupRepository } from './backup-repository.ts';
import { createCreateBackup } from './create-backup.ts';
import { createEmptyTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createLogFiles } from '../../blobs/logs/log-file.ts';
import { createPersistence } from '../../store/store.ts';
import { createRetentionFixture } from '../testing/retention-fixture.ts';
import { createRunServices } from '../runs/create-run-services.ts';
import { createServiceFixture, type ServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob, type WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { describeLeftOut } from '../../domain/backups/backup-manifest.ts';
import { endRestoredRuns } from './end-restored-runs.ts';
import { findMissingFiles, verifyBackup } from './verify-backup.ts';
import { makeBackupKey } from './backup-key.ts';
import { openSnapshot } from '../../store/postgres/backups/snapshot.ts';
import { requireFinishedRestore } from '../../store/postgres/backups/restore-target.ts';
import { actAs, type Actor } from '../audit/audit.ts';
import { recordRestore } from './record-restore.ts';
import { restoreBackup } from './restore-backup.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let target: TestDatabase;
let restoreDatabase: RestoreDatabase;

const key = await makeBackupKey();
const secretKeyId = 'aaaabbbbccccdddd';
const repositoryFolder = () => join(fixture.folder, 'backups');

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.load', { execute: { concurrency: null } })]);
  await fixture.store.secretKeys.noteUsed(secretKeyId);
  target = await createEmptyTestDatabase();
  restoreDatabase = await openRestoreDatabase(target.url);
});
afterEach(async () => {
  await restoreDatabase.close();
  await target.drop();
  await fixture.close();
});

function openRepository() {
  return createBackupRepository(createFolderBlobStore(repositoryFolder()));
}

function openFiles(recipients: string[] = [], identities: string[] = []): BackupFiles {
  return createBackupFiles(openRepository().store, { recipients, identities });
}

async function create({ recipients = [] as string[] } = {}) {
  const { url } = fixture;
  return createCreateBackup({
    persistence: fixture.persistence,
    openSnapshot: () => openSnapshot(url),
    source: { blobs: fixture.blobs, logFiles: fixture.logFiles, logChunks: fixture.store.logChunks },
    repository: openRepository(),
    files: openFiles(recipients),
    location: 'file:///backups',
    recipients,
    keep: null,
    release: '1.2.3',
  })({ isScheduled: false });
}

/** What is restored: a database, and a folder of blobs. */
const restoredFolder = () => join(fixture.folder, 'restored');

async function restore(manifest: BackupManifest, replaced: Partial<RestoreDependencies> = {}) {
  await restoreBackup(
    {
      repository: openRepository(),
      files: openFiles(),
      database: restoreDatabase,
      blobs: createFolderBlobStore(restoredFolder()),
      installationId: manifest.installationId,
      reserveLocations: async () => undefined,
      secretKeyIds: [secretKeyId],
      onProgress: () => undefined,
      ...replaced,
    },
    manifest,
  );
  await restoreDatabase.migrate();
}

function openRestored() {
  const persistence = createPersistence(target.database);
  const logFiles = createLogFiles(join(restoredFolder(), 'logs'));
  const { clock, faultPoints, log } = fixture;
  const runs = createRunServices({ persistence, logFiles, clock: async () => clock.now, faultPoints, log });
  return { persistence, store: persistence.store, logFiles, runs };
}

/** An ended run with a sealed log, and an active one whose log still grows. */
async function addRuns() {
  const past = await createRetentionFixture(fixture, context, createFakeExecutor()).addPastRun(
    'jobs.load',
    1,
  );
  const active = await context.createAttempt(await context.startRun('jobs.load'));
  await fixture.attemptLog.write(active.run.id, active.id, [runnerLine('half way', new Date())]);
  return { past, active };
}

const checksum = (database: TestDatabase['database'], table: string) =>
  database.one<{ sum: string | null }>(
    `select md5(string_agg(line, '|' order by line)) as sum from (select t::text as line from ${table} t) lines`,
  );

describe('a restored backup', () => {
  it('has all rows, packages, telemetry and logs, and ends the runs that were active', async () => {
    const { past, active } = await addRuns();
    const { manifest } = await create();
    expect(manifest).toMatchObject({
      counts: { activeRuns: 1, runs: 2 },
      secretKeyIds: [secretKeyId],
      release: '1.2.3',
    });
    await restore(manifest);
    const restored = openRestored();

    for (const { name } of manifest.tables)
      if (!['attempts', 'installation', 'pending_packages'].includes(name))
        expect({ name, ...(await checksum(target.database, name)) }).toEqual({
          name,
          ...(await checksum(fixture.database, name)),
        });
    for await (const { key: blobKey, sizeBytes } of fixture.blobs.list(''))
      if (!blobKey.startsWith('logs/'))
        expect(await createFolderBlobStore(restoredFolder()).stat(blobKey)).toMatchObject({ sizeBytes });

    expect(await readTexts(restored.logFiles, past.attemptId)).toContain('working');
    expect(await readTexts(restored.logFiles, active.id)).toEqual(['half way']);
    expect(
      await endRestoredRuns(restored.persistence, restored.runs.finishRun, new Date(manifest.takenAt)),
    ).toBe(1);
    expect(await restored.store.jobRuns.find(active.run.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'attempt_lost', detail: expect.stringContaining('restored from a backup') as string },
    });
    await restoreDatabase.finish();
    // Sequences go on behind the restored rows.
    const next = await restored.store.jobRuns.find(past.run.id);
    expect(next).toMatchObject({ status: 'completed' });
  });

  it('records whether runs have local data on disks, which is not in it', async () => {
    const { installation, workers } = fixture.store;
    await installation.noteLocalDataInObjects(true);
    const { manifest } = await create();
    expect(manifest.localData).toBe('objects');
    expect(describeLeftOut(manifest)).toBeNull();

    await workers.create({ organizationId: null, name: 'edge-1', tokenHash: new Uint8Array(32) });
    const ofWorker = await create();
    expect(ofWorker.manifest.localData).toBe('disks');
    expect(describeLeftOut(ofWorker.manifest)).toContain('docs/operate/backup.md#local-data');
    // Earlier releases did not record it.
    expect(describeLeftOut({ ...manifest, localData: undefined })).toContain('Not in the backup: local data');
  });

  it('needs no blob twice: the next backup adds only what is new', async () => {
    await addRuns();
    const first = await create();
    const second = await create();
    expect(second.manifest.packs).toEqual(first.manifest.packs);
    await createRetentionFixture(fixture, context, createFakeExecutor()).addPastRun('jobs.load', 1);
    const third = await create();
    expect(third.manifest.packs).toHaveLength(2);
    expect(third.manifest.blobs.count).toBeGreaterThan(first.manifest.blobs.count);
    await restore(third.manifest);
  });

  it('can be encrypted: reading it needs the secret key, checking its bytes does not', async () => {
    await fixture.blobs.put('deployments/plain.tar.gz', Buffer.from('a very readable text'));
    const { manifest } = await create({ recipients: [key.recipient] });
    for (const name of await listFiles()) {
      const bytes = await readFile(join(repositoryFolder(), name));
      expect(bytes.includes('a very readable text')).toBe(false);
    }
    expect(await verifyBackup({ files: openFiles(), canDecrypt: false }, manifest)).toMatchObject({
      problems: [],
      hasReadContent: false,
    });
    await expect(restore(manifest)).rejects.toMatchObject({ code: 'backup_needs_key' });
    const other = await makeBackupKey();
    await expect(restore(manifest, { files: openFiles([], [other.identity]) })).rejects.toMatchObject({
      code: 'backup_needs_key',
    });
    await restore(manifest, { files: openFiles([], [key.identity]) });
    expect(await readFile(join(restoredFolder(), 'deployments/plain.tar.gz'), 'utf8')).toBe(
      'a very readable text',
    );
  });
});

describe('the audit log of a restored installation', () => {
  const operator: Actor = {
    kind: 'operator',
    userId: null,
    email: null,
    keyId: null,
    address: null,
    userAgent: 'pumphouse admin, user ada',
  };

  it('says in each organization who restored which backup, once', async () => {
    await fixture.database.execute("insert into organizations (name) values ('another')");
    const { manifest } = await create();
    await restore(manifest);
    const { persistence, store } = openRestored();
    const read = async () => {
      const range = { limit: 10, offset: 0, after: null };
      return (await store.auditLog.list({}, { actions: ['installation.restore'] }).read(range)).rows;
    };
    const before = await read();
    await actAs(operator, () => recordRestore(persistence, manifest));
    // The command is run again after an interruption.
    await actAs(operator, () => recordRestore(persistence, manifest));
    const entries = await read();
    expect(before).toEqual([]);
    expect(new Set(entries.map(({ organizationId }) => organizationId))).toEqual(
      new Set(await store.people.listOrganizationIds()),
    );
    expect(entries).toHaveLength(2);
    for (const entry of entries)
      expect(entry).toMatchObject({
        actorKind: 'operator',
        userAgent: operator.userAgent,
        targetKind: 'backup',
        targetId: manifest.id,
        targetName: manifest.id,
        after: { taken_at: manifest.takenAt, version: '1.2.3' },
      });
    expect(entries[0]?.at.getTime()).toBeGreaterThan(Date.parse(manifest.takenAt));
  });
});

describe('a restore is refused', () => {
  it('without the secret key of the installation', async () => {
    const { manifest } = await create();
    await expect(restore(manifest, { secretKeyIds: ['1111222233334444'] })).rejects.toMatchObject({
      code: 'restore_needs_secret_key',
      message: expect.stringContaining(secretKeyId) as string,
    });
    expect(await restoreDatabase.inspect()).toEqual({ kind: 'empty' });
  });

  it('into a database that is in use', async () => {
    const { manifest } = await create();
    const used = await openRestoreDatabase(fixture.url);
    try {
      await expect(restore(manifest, { database: used })).rejects.toMatchObject({
        code: 'restore_needs_empty_database',
      });
    } finally {
      await used.close();
    }
  });

  it('by a version that lacks a migration of the backup', async () => {
    const { manifest } = await create();
    const newer = { number: 9999, name: '9999_later.sql', sha256: '00' };
    await expect(restore({ ...manifest, migrations: [...manifest.migrations, newer] })).rejects.toThrow(
      /newer Pumphouse.*9999_later/,
    );
    expect(await restoreDatabase.inspect()).toEqual({ kind: 'empty' });
  });

  it('for each file that is missing, cut off or changed; the database stays empty', async () => {
    await addRuns();
    await fixture.blobs.put('deployments/a.tar.gz', Buffer.from('package'));
    const { manifest } = await create();
    const stored = manifest.tables.find(({ name }) => name === 'job_runs')?.file.key;
    for (const name of [stored ?? '', manifest.packs[0]?.key ?? '', manifest.blobs.list.key]) {
      const path = join(repositoryFolder(), name);
      const bytes = await readFile(path);
      const damages = [
        () => rm(path),
        () => truncate(path, bytes.length - 1),
        () => writeFile(path, flipByte(bytes)),
      ];
      for (const damage of damages) {
        await damage();
        expect(
          (await verifyBackup({ files: openFiles(), canDecrypt: false }, manifest)).problems,
        ).not.toEqual([]);
        await expect(restore(manifest)).rejects.toMatchObject({ code: 'backup_corrupt' });
        expect(await restoreDatabase.inspect()).toEqual({ kind: 'empty' });
        await writeFile(path, bytes);
      }
    }
    expect(await findMissingFiles(openRepository(), manifest)).toEqual([]);
    await restore(manifest);
  });

  it('for rows that Postgres refuses, because their file was changed', async () => {
    await addRuns();
    const { manifest } = await create();
    const stored = manifest.tables.find(({ name }) => name === 'job_runs')?.file.key ?? '';
    const path = join(repositoryFolder(), stored);
    await writeFile(path, compressInto((await readFile(path)).length, 'no row\n'));
    await expect(restore(manifest)).rejects.toMatchObject({ code: 'backup_corrupt' });
    expect(await restoreDatabase.inspect()).toEqual({ kind: 'empty' });
  });

  it('with a damaged manifest, or none', async () => {
    const { manifest } = await create();
    const path = join(repositoryFolder(), 'manifests', `${manifest.id}.json`);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"activeRuns": 0', '"activeRuns": 7'));
    await expect(openRepository().find('latest')).rejects.toMatchObject({ code: 'backup_corrupt' });
    await rm(path);
    await expect(openRepository().find('latest')).rejects.toMatchObject({ code: 'backup_not_found' });
  });
});

describe('a restore that is interrupted', () => {
  it('while blobs are copied can be run again', async () => {
    await addRuns();
    const { manifest } = await create();
    const failing = {
      ...createFolderBlobStore(restoredFolder()),
      put: () => Promise.reject(new Error('disk full')),
    };
    await expect(restore(manifest, { blobs: failing })).rejects.toThrow('disk full');
    await restore(manifest);
    expect(await openRestored().store.jobRuns.find((await listRunIds())[0] ?? '')).toBeDefined();
  });

  it('after the data was loaded goes on with the last steps', async () => {
    await addRuns();
    const { manifest } = await create();
    await restore(manifest);
    expect(await restoreDatabase.inspect()).toMatchObject({
      kind: 'unfinished',
      restore: { backupId: manifest.id },
    });
    await restore(manifest);
    await expect(requireFinishedRestore(target.database)).rejects.toThrow(/not finished/);
    const another = await create();
    await expect(restore(another.manifest)).rejects.toMatchObject({ code: 'restore_needs_empty_database' });
  });
});

describe('backups', () => {
  it('run one at a time; one that was killed stops counting', async () => {
    const { backups } = fixture.store;
    await backups.begin({ id: 'one', location: 'file:///backups', isScheduled: true });
    await expect(create()).rejects.toMatchObject({ code: 'backup_running' });
    await fixture.database.execute(`update backups set seen_at = now() - interval '3 minutes'`);
    await create();
    expect(await backups.findLast('failed')).toMatchObject({
      id: 'one',
      failure: expect.stringContaining('ended') as string,
    });
    expect(await backups.findLast('completed')).toMatchObject({ isScheduled: false });
  });

  it('keep files from being removed while one is running', async () => {
    const past = (await addRuns()).past;
    const kept = createRetentionFixture(fixture, context, createFakeExecutor());
    await fixture.store.backups.begin({ id: 'one', location: 'file:///backups', isScheduled: false });
    await kept.purge('logs=0d');
    expect(await fixture.logFiles.holds(past.attemptId, 1)).toBe(true);
    await fixture.store.backups.fail('one', 'stopped');
    await kept.purge('logs=0d');
    expect(await fixture.logFiles.holds(past.attemptId, 1)).toBe(false);
  });

  it('of two installations do not share a location', async () => {
    await create();
    await fixture.database.execute('update installation set id = gen_random_uuid()');
    await expect(create()).rejects.toMatchObject({ code: 'backup_location_taken' });
  });

  it('share packs, which are removed with the last backup that needs them', async () => {
    await addRuns();
    const first = await create();
    const second = await create();
    const repository = openRepository();
    await repository.remove([first.manifest.id], null);
    expect(await repository.listIds()).toEqual([second.manifest.id]);
    expect((await verifyBackup({ files: openFiles(), canDecrypt: false }, second.manifest)).problems).toEqual(
      [],
    );
    expect((await listFiles()).some((name) => name.startsWith(`tables/${first.manifest.id}`))).toBe(false);
    await repository.remove([second.manifest.id], null);
    expect(await listFiles()).toEqual(['pumphouse-backups.json']);
  });
});

async function listRunIds(): Promise<string[]> {
  return (await fixture.database.query<{ id: string }>('select id from job_runs')).map(({ id }) => id);
}

async function readTexts(logFiles: ReturnType<typeof createLogFiles>, attemptId: string): Promise<string[]> {
  const pieces = await Array.fromAsync(logFiles.read(attemptId, { fromLine: 0 }));
  const lines = Buffer.concat(pieces).toString().trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { content: string }).content);
}

async function listFiles(): Promise<string[]> {
  const entries = await readdir(repositoryFolder(), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repositoryFolder().length + 1))
    .toSorted();
}

/** Compresses a text, with a frame that is skipped behind it up to the size. */
function compressInto(sizeBytes: number, content: string): Buffer {
  const compressed = zstdCompressSync(content);
  const skipped = Buffer.alloc(sizeBytes - compressed.length);
  skipped.writeUInt32LE(0x18_4d_2a_50, 0);
  skipped.writeUInt32LE(skipped.length - 8, 4);
  return Buffer.concat([compressed, skipped]);
}

function flipByte(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 0xff;
  return changed;
}
