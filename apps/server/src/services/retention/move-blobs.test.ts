import type { MovableBlobs } from './blobs-move.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { MovedBlobs } from './move-blobs.ts';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAttemptLog } from '../logs/attempt-log.ts';
import { createChunkedLogFiles } from '../../blobs/logs/chunked-log.ts';
import { createFallbackBlobStore } from '../../blobs/fallback-blob-store.ts';
import { createFallbackLogFiles } from '../../blobs/logs/fallback-logs.ts';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createLogFiles } from '../../blobs/logs/log-file.ts';
import { createMoveBlobs, MoveRefusedError } from './move-blobs.ts';
import { createServiceFixture, type ServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob, type WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { readBlob } from '../../blobs/read-blob.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { sealLog } from '../testing/seal-log.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.load', { execute: { concurrency: null } })]);
});
afterEach(() => fixture.close());

function openFolder(name: string): MovableBlobs {
  const path = join(fixture.folder, name);
  return {
    blobs: createFolderBlobStore(path),
    logFiles: createLogFiles(join(path, 'logs')),
    hasChunkedLogs: false,
  };
}

/** Keeps logs like in a bucket. */
function openBucket(name: string): MovableBlobs {
  const blobs = createFolderBlobStore(join(fixture.folder, name));
  return {
    blobs,
    logFiles: createChunkedLogFiles({ blobs, database: fixture.persistence }),
    hasChunkedLogs: true,
  };
}

const withFallback = (to: MovableBlobs, from: MovableBlobs) => ({
  blobs: createFallbackBlobStore(to.blobs, from.blobs),
  logFiles: createFallbackLogFiles(to.logFiles, from.logFiles),
});

function move(from: MovableBlobs, to: MovableBlobs, isSwitched: boolean): Promise<MovedBlobs> {
  const { persistence } = fixture;
  return createMoveBlobs({ persistence, from, to, isSwitched, onProgress: () => undefined })();
}

/** Creates an attempt of an active run. */
async function createAttempt() {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.load'));
  return { id, runId: run.id };
}

async function write(logFiles: LogFiles, { id, runId }: { id: string; runId: string }, ...texts: string[]) {
  const lines = texts.map((text) => runnerLine(text, new Date()));
  await createAttemptLog(fixture.persistence, logFiles).write(runId, id, lines);
}

async function readLog(logFiles: LogFiles, { id }: { id: string }): Promise<string[]> {
  const attempt = await fixture.store.attempts.get(id);
  const pieces = await Array.fromAsync(logFiles.read(id, { fromLine: 0, toBytes: attempt?.logBytes ?? 0 }));
  const text = Buffer.concat(pieces).toString();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { content: string }).content);
}

describe('a move of all blobs', () => {
  it('copies while servers run, continues after the switch, and goes back', async () => {
    const former = openFolder('former');
    const bucket = openBucket('bucket');
    await former.blobs.put('deployments/one.tar.gz', Buffer.from('code'));
    await former.blobs.put('beacons/a/0.json', Buffer.from('trace'));
    const [ended, busy, quiet] = [await createAttempt(), await createAttempt(), await createAttempt()];
    for (const attempt of [ended, busy, quiet]) await write(former.logFiles, attempt, 'one', 'two');
    await sealLog({ logFiles: former.logFiles, store: fixture.store }, ended.id);

    expect(await move(former, bucket, false)).toMatchObject({ copied: 3, present: 0, waitingLogs: 2 });
    expect(await move(former, bucket, false)).toMatchObject({ copied: 0, present: 3, waitingLogs: 2 });
    await former.blobs.put('deployments/late.tar.gz', Buffer.from('late'));

    const both = withFallback(bucket, former);
    expect(String(await readBlob(both.blobs, 'deployments/late.tar.gz'))).toBe('late');
    for (const attempt of [ended, busy, quiet])
      expect(await readLog(both.logFiles, attempt)).toEqual(['one', 'two']);
    await write(both.logFiles, busy, 'three');
    await write(both.logFiles, busy, 'four');
    await both.blobs.delete('beacons/a/0.json');
    expect(await readLog(both.logFiles, busy)).toEqual(['one', 'two', 'three', 'four']);

    expect(await move(former, bucket, true)).toMatchObject({ copied: 2, waitingLogs: 0 });
    expect(await move(former, bucket, true)).toMatchObject({ copied: 0, waitingLogs: 0 });
    expect(await readLog(bucket.logFiles, ended)).toEqual(['one', 'two']);
    expect(await readLog(bucket.logFiles, quiet)).toEqual(['one', 'two']);
    expect(await readLog(bucket.logFiles, busy)).toEqual(['one', 'two', 'three', 'four']);
    const keys = (await Array.fromAsync(bucket.blobs.list(''))).map(({ key }) => key).toSorted();
    expect(keys.filter((key) => !key.startsWith('logs/'))).toEqual([
      'deployments/late.tar.gz',
      'deployments/one.tar.gz',
    ]);
    await sealLog({ logFiles: bucket.logFiles, store: fixture.store }, busy.id);

    const back = openFolder('back');
    expect(await move(bucket, back, false)).toMatchObject({ copied: 4, waitingLogs: 1 });
    const again = withFallback(back, bucket);
    await write(again.logFiles, quiet, 'three');
    await sealLog({ logFiles: again.logFiles, store: fixture.store }, quiet.id);
    expect(await move(bucket, back, true)).toMatchObject({ copied: 0, waitingLogs: 0 });
    expect(await readLog(back.logFiles, ended)).toEqual(['one', 'two']);
    expect(await readLog(back.logFiles, busy)).toEqual(['one', 'two', 'three', 'four']);
    expect(await readLog(back.logFiles, quiet)).toEqual(['one', 'two', 'three']);
    for (const { id } of [ended, busy, quiet])
      expect(await fixture.store.logChunks.describe(id, 0)).toEqual([]);
  });

  it('moves logs between two buckets with the objects that rows name', async () => {
    const [one, other] = [openBucket('bucket-one'), openBucket('bucket-two')];
    const attempt = await createAttempt();
    await write(one.logFiles, attempt, 'one');
    await sealLog({ logFiles: one.logFiles, store: fixture.store }, attempt.id);
    await one.blobs.put('installation', Buffer.from('marker'));
    expect(await move(one, other, false)).toMatchObject({ copied: 1 });
    expect(await readLog(other.logFiles, attempt)).toEqual(['one']);
    expect(await other.blobs.stat('installation')).toBeUndefined();
  });

  it('copies a blob again that differs, and keeps one that servers have rewritten', async () => {
    const [from, to] = [openFolder('from'), openFolder('to')];
    await from.blobs.put('configurations/one', Buffer.from('old'));
    await to.blobs.put('configurations/one', Buffer.from('bad'));
    expect(await move(from, to, false)).toMatchObject({ copied: 1 });
    expect(String(await readBlob(to.blobs, 'configurations/one'))).toBe('old');
    await to.blobs.put('configurations/one', Buffer.from('rewritten'));
    await move(from, to, true);
    expect(String(await readBlob(to.blobs, 'configurations/one'))).toBe('rewritten');
  });

  it('is refused while the secret key is replaced', async () => {
    await fixture.store.secretKeys.noteUsed('one');
    await fixture.store.secretKeys.noteUsed('two');
    await expect(move(openFolder('a'), openFolder('b'), false)).rejects.toThrow(MoveRefusedError);
  });
});
