import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import vectors from '../../../../testing/fixtures/vectors/package_hash.json' with { type: 'json' };
import {
  buildArchive,
  writeManifest,
  writePlainEntry,
} from '../../../../testing/fixtures/workspace-archive.ts';
import type { ArchiveContent } from '../../../../testing/fixtures/workspace-archive.ts';
import { inspectArchive } from './inspect-archive.ts';
import type { ArchiveLimits } from './inspect-archive.ts';

const MEGABYTE = 1024 * 1024;
const limits: ArchiveLimits = {
  maxBytes: 10 * MEGABYTE,
  maxUnpackedBytes: 20 * MEGABYTE,
  maxEntries: 100,
  maxManifestBytes: MEGABYTE,
};
const clientArchives = path.join(import.meta.dirname, '../../../../testing/fixtures/client-archives');

function inspect(archive: Uint8Array) {
  return inspectArchive(Readable.from([archive]), limits);
}

describe('archives from the client', () => {
  test('a workspace with links, long, quoted and non-ASCII names has the hash that dlt computed', async () => {
    const file = path.join(clientArchives, 'workspace.tar.gz');
    const bytes = readFileSync(file);
    const report = await inspectArchive(createReadStream(file, { highWaterMark: 100 }), limits);
    expect(report).toMatchObject({
      contentHash: 'qhBCrTwuxJExIF3KYmAD8GqEJhYveMFKzqqTOyBmlpg=',
      fileCount: 10,
      sizeBytes: 1140,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(report.files.map((each) => each.relative_path)).toEqual([
      '# odd: name.txt',
      '1e3',
      'a.py',
      'lib/up.py',
      'lib/ü.py',
      'ln.py',
      'notes with spaces in a rather long folder name that yaml would like to fold/' +
        'and another long one with spaces in it too/file.md',
      'yes',
      'ﬀ.txt',
      '😀.txt',
    ]);
    expect(report.files[3]).toEqual({
      relative_path: 'lib/up.py',
      size_bytes: 0,
      sha3_256: 'QMJZyl7WckhBDHuAWghpgHpbcACMomcCbTUO6+7F/j4=',
      linkname: '../a.py',
    });
    expect(report.files[2]).not.toHaveProperty('linkname');
  });

  test('an empty one is valid', async () => {
    const report = await inspect(readFileSync(path.join(clientArchives, 'empty.tar.gz')));
    expect(report).toMatchObject({
      fileCount: 0,
      contentHash: 'p//G+L8e12ZRwUdWoGHWYvWA/03kO0n6gtgKS4D4Q0o=',
    });
  });
});

test.each(vectors.map((vector) => [vector.content_hash, vector]))(
  'the hash vector %s',
  async (hash, vector) => {
    const contents: Record<string, string> = 'contents' in vector ? (vector.contents ?? {}) : {};
    const files = vector.files.map((file): [string, ArchiveContent] => {
      if ('linkname' in file && file.linkname !== undefined)
        return [file.relative_path, { link: file.linkname }];
      return [file.relative_path, contents[file.relative_path] ?? ''];
    });
    const report = await inspect(buildArchive(Object.fromEntries(files)));
    expect(report.contentHash).toBe(hash);
    expect(report.files.map((file) => file.sha3_256)).toEqual(vector.files.map((file) => file.sha3_256));
  },
);

describe('allowed contents of an archive', () => {
  test('names that differ in case, GNU long names, links to folders', async () => {
    const long = `${'folder/'.repeat(20)}file.py`;
    const extra = [
      writePlainEntry({ name: '././@LongLink', type: 'L', content: `files/${long}\0` }),
      writePlainEntry({ name: `files/${long}`, content: 'long' }),
    ];
    const files = {
      'README.md': 'a',
      'readme.md': 'b',
      latest: { link: 'folder' },
      'deep/up': { link: '../latest' },
    };
    const manifest = writeManifest({ ...files, [long]: 'long' });
    const report = await inspect(buildArchive(files, { entries: extra, manifest }));
    expect(report.fileCount).toBe(5);
  });

  test('the order of the manifest counts, not that of the tar or of UTF-16', async () => {
    const names = ['\u{1f600}', 'ﬀ', 'z'];
    const report = await inspect(buildArchive(Object.fromEntries(names.map((name) => [name, name]))));
    expect(report.files.map((file) => file.relative_path)).toEqual(['z', 'ﬀ', '\u{1f600}']);
  });
});
