import { access, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXECUTOR_NAME } from './attempt-location.ts';
import { listCaches, measureEnvironment, removeCache } from './environment-folders.ts';
import { createDataDir } from './testing/machine.ts';

let dataDir: { path: string; remove: () => Promise<void> };

beforeEach(async () => {
  dataDir = await createDataDir();
});
afterEach(() => dataDir.remove());

const kilobytes = (count: number) => 'x'.repeat(count * 1024);

describe('measureEnvironment', () => {
  it('counts disk usage below it, and follows no link', async () => {
    const path = join(dataDir.path, 'environments', 'key-1a2b', 'venv');
    await mkdir(join(path, 'lib'), { recursive: true });
    await writeFile(join(path, 'lib', 'large.py'), kilobytes(512));
    await symlink('/usr', join(path, 'usr'));
    const bytes = await measureEnvironment(dataDir.path, { executor: EXECUTOR_NAME, path });
    expect(bytes).toBeGreaterThanOrEqual(512 * 1024);
    expect(bytes).toBeLessThan(1024 * 1024);
  });

  it('measures only environments', async () => {
    expect(await measureEnvironment(dataDir.path, { executor: EXECUTOR_NAME, path: '/usr/bin' })).toBe(0);
  });
});

describe('listCaches', () => {
  it('returns nothing before the first build', async () => {
    expect(await listCaches(dataDir.path)).toEqual([]);
  });
});

describe('removeCache', () => {
  it('removes the cache of one organization, and the rest of an interrupted removal', async () => {
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
