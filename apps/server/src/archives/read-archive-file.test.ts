import { Readable } from 'node:stream';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../testing/fixtures/workspace-archive.ts';
import { readArchiveFile } from './read-archive-file.ts';

const long = `${'folder/'.repeat(20)}ü.py`;
const archive = buildArchive({
  'a.py': 'x = 1',
  'lib/b.bin': randomBytes(300_000),
  [long]: 'deep',
  'ln.py': { link: 'a.py' },
  'z.py': '',
});

describe('readArchiveFile', () => {
  it.each([
    ['a.py', 'x = 1'],
    [long, 'deep'],
    ['z.py', ''],
  ])('returns the content of %s', async (path, content) => {
    expect((await readArchiveFile(Readable.from([archive]), path, 100)).toString()).toBe(content);
  });

  it('reads no further than the file, and closes the source', async () => {
    let given = 0;
    const source = Readable.from(
      (function* pieces() {
        for (let index = 0; index < archive.length; index += 1000) {
          given += 1;
          yield archive.subarray(index, index + 1000);
        }
      })(),
      { highWaterMark: 1 },
    );
    expect((await readArchiveFile(source, 'a.py', 100)).toString()).toBe('x = 1');
    expect(source.destroyed).toBe(true);
    expect(given).toBeLessThan(archive.length / 1000);
  });

  it.each([
    ['lib/b.bin', 'has more than 100 bytes'],
    ['ln.py', 'is not in the archive'],
    ['../a.py', 'is not in the archive'],
    ['manifest.yaml', 'is not in the archive'],
  ])('rejects %s', async (path, text) => {
    await expect(readArchiveFile(Readable.from([archive]), path, 100)).rejects.toThrow(text);
  });

  it('fails with the error of its source, and for a broken archive', async () => {
    const half = archive.subarray(0, archive.length / 2);
    await expect(readArchiveFile(Readable.from([half]), 'z.py', 100)).rejects.toThrow();
    const failing = new Readable({
      read() {
        this.destroy(new Error('the disk is gone'));
      },
    });
    await expect(readArchiveFile(failing, 'a.py', 100)).rejects.toThrow();
  });
});
