import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ArchiveError } from '../../../archives/archive-error.ts';
import { buildArchive } from '../../../../../../testing/fixtures/workspace-archive.ts';
import { ServiceError } from '../../../platform/service-error.ts';
import { createArchiveThreads } from './archive-threads.ts';

const megabyte = 1024 * 1024;
const limits = {
  maxBytes: 512 * megabyte,
  maxUnpackedBytes: 2048 * megabyte,
  maxEntries: 100,
  maxManifestBytes: megabyte,
};
const threads = createArchiveThreads();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-archives-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(archive: Uint8Array) {
  const path = join(folder, 'archive.tar.gz');
  await writeFile(path, archive);
  return threads.check({ kind: 'deployment', path, limits, requirements: {} });
}

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('a thread that checks archives', () => {
  it('reports on code and its tags', async () => {
    const { report, tags } = await check(
      buildArchive({ 'a.py': 'x = 1', '__deployment__.py': '__tags__ = ["nightly"]\n' }),
    );
    expect(report).toMatchObject({ fileCount: 2, sizeBytes: expect.any(Number) as number });
    expect(tags).toEqual({ tags: ['nightly'], problem: null });
  });

  it('reports on a configuration and its settings', async () => {
    const archive = buildArchive({ 'prod.config.toml': 'a = 1\n' });
    expect(await threads.check({ kind: 'configuration', archive })).toMatchObject({
      report: { profiles: ['prod'] },
      runSettings: {},
    });
  });

  it("rejects with the messages and error classes of the server's responses", async () => {
    const unsafe = await refusalOf(
      check(buildArchive({}, { entries: [{ name: 'files/../x', content: 'x' }] })),
    );
    expect(unsafe).toBeInstanceOf(ArchiveError);
    expect(unsafe).toMatchObject({
      code: 'archive_unsafe',
      message: expect.stringContaining('../x') as string,
    });
    const archive = buildArchive({ 'config.toml': '[pumphouse]\nnonsense = 1\n' });
    const settings = await refusalOf(threads.check({ kind: 'configuration', archive }));
    expect(settings).toBeInstanceOf(ServiceError);
    expect(settings).toMatchObject({ code: 'invalid_run_settings', extra: [expect.any(String)] });
  });

  it('passes system errors on with their code', async () => {
    const missing = threads.check({
      kind: 'deployment',
      path: join(folder, 'none'),
      limits,
      requirements: {},
    });
    await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('rejects a small archive of many zeros before unpacking much of it', async () => {
    const bomb = buildArchive({ 'zeros.bin': Buffer.alloc(160 * megabyte) });
    expect(bomb.length).toBeLessThan(megabyte);
    await expect(check(bomb)).rejects.toMatchObject({
      code: 'upload_too_large',
      message: expect.stringContaining('the limit of this server for its size') as string,
    });
  });

  it('accepts an archive with one highly compressible file if the whole is not', async () => {
    const files = { 'zeros.bin': Buffer.alloc(70 * megabyte), 'noise.bin': noise(megabyte) };
    expect((await check(buildArchive(files))).report.fileCount).toBe(2);
  });

  /** A thread that counts how often it was started. */
  function countStarts(idleMs: number) {
    const started = new Int32Array(new SharedArrayBuffer(4));
    const entry = new URL('testing/counted-worker.ts', import.meta.url);
    const counted = createArchiveThreads({ count: 1, idleMs, entry, workerData: started.buffer });
    const checkOnce = () => counted.check({ kind: 'configuration', archive: buildArchive({}) });
    return { checkOnce, startCount: () => started[0] ?? 0 };
  }

  it('serves the next archive if it comes soon', async () => {
    const { checkOnce, startCount } = countStarts(60_000);
    await checkOnce();
    await checkOnce();
    expect(startCount()).toBe(1);
  });

  it('has ended when the next archive comes late', async () => {
    const { checkOnce, startCount } = countStarts(1);
    await checkOnce();
    // Each check within the idle time extends it.
    const hasStartedAgain = async () => {
      await delay(20);
      await checkOnce();
      return startCount() > 1;
    };
    await vi.waitUntil(hasStartedAgain, { timeout: 60_000 });
  });

  it('that exits fails only its own task', async () => {
    const failing = createArchiveThreads({
      count: 1,
      entry: new URL('testing/failing-worker.ts', import.meta.url),
    });
    const tasks = [1, 2].map(() => failing.check({ kind: 'configuration', archive: new Uint8Array() }));
    for (const task of tasks) await expect(task).rejects.toThrow('A thread that checks archives ended');
  });
});

function noise(bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  // xorshift: incompressible data that is the same at each run.
  for (let index = 0, state = 1; index < bytes; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    content[index] = state & 255;
  }
  return content;
}
