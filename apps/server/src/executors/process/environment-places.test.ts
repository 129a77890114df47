import { access, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXECUTOR_NAME } from './attempt-place.ts';
import { removeEnvironment } from './environment-builder.ts';
import { listCaches, listEnvironments, measureEnvironment, removeCache } from './environment-places.ts';
import { createDataDir } from './testing/machine.ts';

let dataDir: { path: string; remove: () => Promise<void> };

beforeEach(async () => {
  dataDir = await createDataDir();
});
afterEach(() => dataDir.remove());

const kilobytes = (count: number) => 'x'.repeat(count * 1024);

describe('listEnvironments', () => {
  it('finds what a killed builder left, which can be removed like any other', async () => {
    const place = join(dataDir.path, 'environments', 'key-1a2b');
    await mkdir(join(place, 'venv'), { recursive: true });
    await writeFile(join(place, 'requirements.txt'), 'dlt\n');
    const [half] = await listEnvironments(dataDir.path);
    expect(half?.location).toEqual({ executor: EXECUTOR_NAME, path: join(place, 'venv') });
    if (half) await removeEnvironment(dataDir.path, half.location);
    await expect(access(place)).rejects.toThrow('ENOENT');
  });

  it('gives nothing where nothing was built', async () => {
    expect(await listEnvironments(dataDir.path)).toEqual([]);
    expect(await listCaches(dataDir.path)).toEqual([]);
  });
});

describe('measureEnvironment', () => {
  it('counts what the disk keeps below it, and follows no link', async () => {
    const path = join(dataDir.path, 'environments', 'key-1a2b', 'venv');
    await mkdir(join(path, 'lib'), { recursive: true });
    await writeFile(join(path, 'lib', 'large.py'), kilobytes(512));
    await symlink('/usr', join(path, 'usr'));
    const bytes = await measureEnvironment(dataDir.path, { executor: EXECUTOR_NAME, path });
    expect(bytes).toBeGreaterThanOrEqual(512 * 1024);
    expect(bytes).toBeLessThan(1024 * 1024);
  });

  it('looks nowhere but at environments', async () => {
    expect(await measureEnvironment(dataDir.path, { executor: EXECUTOR_NAME, path: '/usr/bin' })).toBe(0);
  });
});

describe('removeCache', () => {
  it('removes one organization’s, with what a removal left that was cut short', async () => {
    const caches = join(dataDir.path, 'uv-caches');
    for (const name of ['first', 'second', '.removed-before']) {
      await mkdir(join(caches, name), { recursive: true });
      await writeFile(join(caches, name, 'wheel'), kilobytes(64));
    }
    expect((await listCaches(dataDir.path)).map(({ organizationId }) => organizationId).toSorted()).toEqual([
      'first',
      'second',
    ]);
    await removeCache(dataDir.path, 'first');
    expect((await listCaches(dataDir.path)).map(({ organizationId }) => organizationId)).toEqual(['second']);
    await expect(access(join(caches, '.removed-before'))).rejects.toThrow('ENOENT');
  });

  it('removes nothing outside', async () => {
    await mkdir(join(dataDir.path, 'uv-caches'), { recursive: true });
    await mkdir(join(dataDir.path, 'attempts'));
    await removeCache(dataDir.path, '../attempts');
    await access(join(dataDir.path, 'attempts'));
  });
});
