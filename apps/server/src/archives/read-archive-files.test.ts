import { Readable } from 'node:stream';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../testing/fixtures/workspace-archive.ts';
import { readArchiveFiles } from './read-archive-files.ts';

const archive = buildArchive({
  'a.py': 'x = 1',
  'lib/b.py': 'y = 2',
  'ln.py': { link: 'a.py' },
  'z.bin': randomBytes(300_000),
});

async function read(paths: readonly string[], source = Readable.from([archive])) {
  const contents = await readArchiveFiles(source, new Set(paths));
  return Object.fromEntries([...contents].map(([path, content]) => [path, content.toString()]));
}

describe('readArchiveFiles', () => {
  it('returns the contents of the files, without links and files that do not exist', async () => {
    expect(await read(['lib/b.py', 'a.py', 'ln.py', 'missing.py'])).toEqual({
      'a.py': 'x = 1',
      'lib/b.py': 'y = 2',
    });
  });

  it('stops after the last of them, and closes the source', async () => {
    const source = Readable.from([archive.subarray(0, 4000), archive.subarray(4000)], { highWaterMark: 1 });
    expect(await read(['a.py'], source)).toEqual({ 'a.py': 'x = 1' });
    expect(source.destroyed).toBe(true);
    const unread = Readable.from([archive]);
    expect(await read([], unread)).toEqual({});
    expect(unread.destroyed).toBe(true);
  });

  it('fails for a broken archive, and with the error of its source', async () => {
    await expect(read(['z.bin'], Readable.from([archive.subarray(0, archive.length / 2)]))).rejects.toThrow();
    const failing = new Readable({
      read() {
        this.destroy(new Error('the disk is gone'));
      },
    });
    await expect(read(['a.py'], failing)).rejects.toThrow();
  });
});
