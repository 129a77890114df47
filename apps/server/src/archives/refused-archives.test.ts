import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildArchive,
  writeEntry,
  writeManifest,
  writePaxHeader,
  writePlainEntry,
} from '../../../../testing/fixtures/workspace-archive.ts';
import { propertySeed } from '../../../../testing/fixtures/property-seed.ts';
import type { ArchiveContent, TarEntry } from '../../../../testing/fixtures/workspace-archive.ts';
import { ArchiveError } from './archive-error.ts';
import { inspectArchive } from './inspect-archive.ts';
import type { ArchiveLimits } from './inspect-archive.ts';

const MEGABYTE = 1024 * 1024;
const limits: ArchiveLimits = {
  maxBytes: 10 * MEGABYTE,
  maxUnpackedBytes: 20 * MEGABYTE,
  maxEntries: 100,
  maxManifestBytes: MEGABYTE,
};

function inspect(archive: Uint8Array, changed: Partial<ArchiveLimits> = {}) {
  return inspectArchive(Readable.from([archive]), { ...limits, ...changed });
}

async function refuse(archive: Uint8Array, changed: Partial<ArchiveLimits> = {}): Promise<ArchiveError> {
  const outcome: unknown = await inspect(archive, changed).catch((error: unknown) => error);
  if (outcome instanceof ArchiveError) return outcome;
  throw new Error(`expected a refusal, got ${JSON.stringify(outcome)}`, { cause: outcome });
}

describe('rejected archives', () => {
  const fine = { 'a.py': 'x = 1' };
  const withEntry = (entry: TarEntry) => buildArchive(fine, { entries: [entry] });
  const withFile = (name: string, content: ArchiveContent = 'x') =>
    buildArchive({ ...fine, [name]: content });

  test.each<[string, Buffer, ArchiveError['code'], string]>([
    ['..', withFile('../evil.py'), 'archive_unsafe', 'has ".." in its name'],
    ['.. inside', withFile('lib/../../evil.py'), 'archive_unsafe', 'has ".." in its name'],
    ['.. above files/', withEntry({ name: '../evil.py' }), 'archive_unsafe', 'has ".." in its name'],
    ['an absolute name', withEntry({ name: '/etc/passwd' }), 'archive_unsafe', 'has an absolute name'],
    ['an absolute name below files/', withFile('/etc/passwd'), 'archive_unsafe', 'has an absolute name'],
    ['a backslash', withFile('lib\\evil.py'), 'archive_unsafe', 'has a backslash in its name'],
    ['a NUL', withFile('evil\0.py'), 'archive_unsafe', 'has a NUL character'],
    ['a "." part', withFile('./a.py'), 'archive_unsafe', 'has an empty or "." part'],
    ['an empty part', withFile('lib//a.py'), 'archive_unsafe', 'has an empty or "." part'],
    ['an empty name', withEntry({ name: 'files/' }), 'archive_unsafe', 'has an empty name'],
    ['a very long name', withFile('d/'.repeat(600) + 'x'), 'archive_unsafe', 'more than 1024 bytes'],
    ['a very long part', withFile('x'.repeat(256)), 'archive_unsafe', 'more than 255 bytes'],
    ['a very deep name', withFile('d/'.repeat(101) + 'x'), 'archive_unsafe', 'more than 100 folders deep'],
    [
      'a name twice',
      withEntry({ name: 'files/a.py', content: 'x = 1' }),
      'archive_unsafe',
      'is in the archive twice',
    ],
    ['a name below a file', withFile('a.py/b.py'), 'archive_unsafe', 'lies below "a.py"'],
    [
      'a name below a link',
      buildArchive({ folder: { link: 'real' }, 'folder/evil.py': 'x' }),
      'archive_unsafe',
      'lies below "folder"',
    ],
    [
      'a link in the place of a folder',
      buildArchive({ 'folder/evil.py': 'x', folder: { link: '.' } }),
      'archive_unsafe',
      'is a file and also a folder',
    ],
    [
      'a link out of the root',
      withFile('lib/out', { link: '../../x' }),
      'archive_unsafe',
      'outside the workspace',
    ],
    ['a link to the root above', withFile('out', { link: '..' }), 'archive_unsafe', 'outside the workspace'],
    ['an absolute link', withFile('out', { link: '/etc/passwd' }), 'archive_unsafe', 'absolute path'],
    [
      'a link that climbs late',
      withFile('out', { link: 'a/../b' }),
      'archive_unsafe',
      '".." behind a folder name',
    ],
    ['a link to nothing', withFile('out', { link: '' }), 'archive_unsafe', 'is a link to nothing'],
    [
      'a hard link',
      withEntry({ name: 'files/h', type: '1', linkname: 'files/a.py' }),
      'archive_unsafe',
      'a hard link',
    ],
    ['a character device', withEntry({ name: 'files/d', type: '3' }), 'archive_unsafe', 'a device'],
    ['a block device', withEntry({ name: 'files/d', type: '4' }), 'archive_unsafe', 'a device'],
    ['a named pipe', withEntry({ name: 'files/p', type: '6' }), 'archive_unsafe', 'a named pipe'],
    ['a folder', withEntry({ name: 'files/lib', type: '5' }), 'archive_invalid', 'is a folder'],
    [
      'a sparse file of GNU tar',
      withEntry({ name: 'files/s', type: 'S' }),
      'archive_invalid',
      'of a type that is neither',
    ],
    [
      'a contiguous file',
      withEntry({ name: 'files/c', type: '7' }),
      'archive_invalid',
      'of a type that is neither',
    ],
    ['a name elsewhere', withEntry({ name: 'other/a.py' }), 'archive_invalid', 'is neither below files/'],
    [
      'a link with content',
      withEntry({ name: 'files/l', type: '2', linkname: 'a.py', content: 'x' }),
      'archive_invalid',
      'is a link with content',
    ],
    ['no manifest', buildArchive(fine, { manifest: null }), 'archive_invalid', 'has no manifest.yaml'],
    [
      'an entry after the manifest',
      buildArchive(fine, { entriesAfter: [{ name: 'files/b.py', content: 'x' }] }),
      'archive_invalid',
      'comes after manifest.yaml',
    ],
    [
      'a second manifest',
      buildArchive(fine, { entriesAfter: [{ name: 'manifest.yaml', content: writeManifest(fine) }] }),
      'archive_invalid',
      'comes after manifest.yaml',
    ],
    [
      'a manifest that is a link',
      buildArchive(fine, { manifest: null, entries: [{ name: 'manifest.yaml', type: '2', linkname: 'x' }] }),
      'archive_invalid',
      'is not a regular file',
    ],
    ['no gzip', Buffer.from('PK\x03\x04 this is a zip'), 'archive_invalid', 'is not gzip'],
    ['no tar', gzipSync(Buffer.alloc(2000, 'x')), 'archive_invalid', 'Invalid tar header'],
    [
      'other bytes after the end',
      Buffer.concat([buildArchive(fine), Buffer.from('junk')]),
      'archive_invalid',
      'after its end',
    ],
    [
      'zeros after the end',
      Buffer.concat([buildArchive(fine), Buffer.alloc(9)]),
      'archive_invalid',
      'after its end',
    ],
    ['nothing at all', Buffer.alloc(0), 'archive_truncated', 'ends early'],
    ['half of it', buildArchive(fine).subarray(0, 100), 'archive_truncated', 'ends early'],
    [
      'a tar that ends inside a file',
      gzipSync(writeEntry({ name: 'files/a.py', content: 'x', size: 5000 })),
      'archive_truncated',
      'ends early',
    ],
  ])('%s', async (_what, archive, code, text) => {
    const error = await refuse(archive);
    expect(error.message).toContain(text);
    expect(error.code).toBe(code);
    expect(error.detail).toMatch(/\.$/);
  });

  test.each<[string, (manifest: string) => string, ArchiveError['code'], string]>([
    [
      'another hash',
      (text) => text.replace(/sha3_256: .*/, 'sha3_256: AAAA'),
      'hash_mismatch',
      'does not have the hash',
    ],
    ['another size', (text) => text.replace('bytes: 5', 'bytes: 6'), 'hash_mismatch', 'the manifest lists 6'],
    ['a link for a file', (text) => `${text}  linkname: b.py\n`, 'hash_mismatch', 'is a link'],
    [
      'a file more',
      (text) => text + writeManifest({ 'b.py': '' }).split('files:\n')[1],
      'archive_invalid',
      'names "b.py"',
    ],
    ['no file', () => 'engine_version: 1\nfiles: []\n', 'archive_invalid', 'does not name "a.py"'],
    ['a file twice', (text) => text + text.split('files:\n')[1], 'archive_invalid', 'names "a.py" twice'],
    ['engine 2', (text) => text.replace('version: 1', 'version: 2'), 'archive_invalid', 'engine version "2"'],
    ['no list', () => 'engine_version: 1\n', 'archive_invalid', 'does not name its files: files'],
    [
      'a size in words',
      (text) => text.replace('bytes: 5', 'bytes: five'),
      'archive_invalid',
      'files.0.size_in_bytes',
    ],
    ['no YAML', () => 'engine_version: "1', 'archive_invalid', 'not readable as YAML'],
    ['aliases', () => 'engine_version: &a 1\nfiles: [*a, *a]\n', 'archive_invalid', 'manifest.yaml'],
    ['endless nesting', () => '['.repeat(100_000), 'archive_invalid', 'not readable as YAML'],
  ])('a manifest with %s', async (_what, changeManifest, code, text) => {
    const error = await refuse(buildArchive(fine, { changeManifest }));
    expect(error.message).toContain(text);
    expect(error.code).toBe(code);
  });

  test('a manifest that is not UTF-8', async () => {
    const entries = [{ name: 'manifest.yaml', content: Buffer.from([0xff, 0xfe, 0x41]) }];
    const error = await refuse(buildArchive(fine, { manifest: null, entries }));
    expect(error.message).toContain('not readable as YAML');
  });

  test.each<[string, (TarEntry | Uint8Array)[], string]>([
    [
      'a pax name that climbs',
      [writePaxHeader({ path: '../../evil' }), writePlainEntry({ name: 'files/b' })],
      '".."',
    ],
    [
      'a pax name that is absolute',
      [writePaxHeader({ path: '/evil' }), writePlainEntry({ name: 'files/b' })],
      'absolute',
    ],
    [
      'a pax link that climbs',
      [
        writePaxHeader({ linkpath: '../evil' }),
        writePlainEntry({ name: 'files/b', type: '2', linkname: 'a.py' }),
      ],
      'outside the workspace',
    ],
    [
      'a GNU long name that climbs',
      [
        writePlainEntry({ name: 'x', type: 'L', content: `files/${'../'.repeat(60)}\0` }),
        writePlainEntry({ name: 'b' }),
      ],
      '".."',
    ],
    [
      'a sparse file of pax',
      [writePaxHeader({ 'GNU.sparse.major': '1', path: 'files/b' }), writePlainEntry({ name: 'files/b' })],
      'is a sparse file',
    ],
    [
      'a pax size in words',
      [writePaxHeader({ size: '1e9' }), writePlainEntry({ name: 'files/b' })],
      'unreadable size',
    ],
    [
      'a global pax header',
      [writePaxHeader({ path: 'files/c' }, 'g'), writePlainEntry({ name: 'files/b' })],
      'no entry',
    ],
    [
      'a pax header of garbage',
      [writePlainEntry({ name: 'x', type: 'x', content: 'no record' }), writePlainEntry({ name: 'files/b' })],
      'no entry',
    ],
    ['zero blocks between entries', [Buffer.alloc(1024), writePlainEntry({ name: 'files/b' })], 'no entry'],
    [
      'a pax header of 5 MB',
      [writePaxHeader({ path: 'x'.repeat(5 * MEGABYTE) }), writePlainEntry({ name: 'files/b' })],
      'Header exceeds max size',
    ],
  ])('%s', async (_what, entries, text) => {
    const error = await refuse(buildArchive(fine, { entries }));
    expect(error.message).toContain(text);
  });

  test('more bytes, files or manifest than the limits', async () => {
    const archive = buildArchive(
      Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, 'x'])),
    );
    expect(await inspect(archive, { maxEntries: 9, maxBytes: archive.length })).toMatchObject({
      fileCount: 9,
    });
    for (const changed of [
      { maxEntries: 8 },
      { maxBytes: archive.length - 1 },
      { maxManifestBytes: 100 },
      { maxUnpackedBytes: 1000 },
    ]) {
      expect((await refuse(archive, changed)).code).toBe('upload_too_large');
    }
  });
});

describe('damage of any kind is an ArchiveError or changes nothing', () => {
  const archive = buildArchive({ 'a.py': 'x = 1', 'lib/ü.py': '', 'ln.py': { link: 'a.py' } });
  const tar = gunzipSync(archive);
  const contentHash = 'vAkG2GFF4R4o1wKDsRLAF13/mxhyrMqS6sKy9WPlkRA=';

  async function expectHarmless(bytes: Uint8Array): Promise<void> {
    const outcome: unknown = await inspect(bytes).catch((error: unknown) => error);
    if (!(outcome instanceof ArchiveError)) expect(outcome).toMatchObject({ contentHash });
  }

  test('a changed byte of the gzip', async () => {
    const places = fc.tuple(fc.nat({ max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }));
    const property = fc.asyncProperty(places, async ([index, change]) => {
      const bytes = Buffer.from(archive);
      bytes[index] = (bytes[index] ?? 0) ^ change;
      await expectHarmless(bytes);
    });
    await fc.assert(property, { seed: propertySeed, numRuns: 150 });
  });

  test('changed bytes of the tar', async () => {
    const places = fc.array(fc.tuple(fc.nat({ max: tar.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    const property = fc.asyncProperty(places, async (changes) => {
      const bytes = Buffer.from(tar);
      for (const [index, value] of changes) bytes[index] = value;
      await expectHarmless(gzipSync(bytes, { level: 1 }));
    });
    await fc.assert(property, { seed: propertySeed, numRuns: 150 });
  });

  test('truncated at any point', async () => {
    const property = fc.asyncProperty(fc.nat({ max: archive.length - 1 }), async (length) => {
      expect((await refuse(archive.subarray(0, length))).code).toBe('archive_truncated');
    });
    await fc.assert(property, { seed: propertySeed, numRuns: 60 });
  });
});
