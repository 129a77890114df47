import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requireEmptyFolder, unpackArchive } from './unpack-archive.ts';

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pumphouse-unpack-'));
  folder = join(parent, 'out');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

type Entry = readonly [name: string, content: string | { link: string }];

async function unpack(...entries: Entry[]): Promise<number> {
  const archive = pack();
  for (const [name, content] of entries) {
    if (typeof content === 'string') archive.entry({ name }, content);
    else archive.entry({ name, type: 'symlink', linkname: content.link });
  }
  archive.finalize();
  return unpackArchive(Readable.from([gzipSync(await buffer(archive))]), folder);
}

const code: Entry = ['files/lib/a.py', 'x = 1'];
const unsafe = expect.objectContaining({ code: 'archive_unsafe' });

it('unpacks files and links, which only the user can read', async () => {
  const count = await unpack(code, ['files/link.py', { link: 'lib/a.py' }], ['manifest.yaml', 'engine: 1']);
  expect(count).toBe(2);
  expect((await readdir(folder)).toSorted()).toEqual(['lib', 'link.py']);
  expect(await readlink(join(folder, 'link.py'))).toBe('lib/a.py');
  expect(await readFile(join(folder, 'link.py'), 'utf8')).toBe('x = 1');
  expect((await stat(join(folder, 'lib', 'a.py'))).mode & 0o777).toBe(0o600);
});

it.each<[string, Entry[]]>([
  ['a file above the folder', [['files/../../evil', 'x']]],
  ['an absolute file', [['files//etc/evil', 'x']]],
  ['a link to an absolute path', [['files/link', { link: '/etc/passwd' }]]],
  ['a link above the folder', [['files/link', { link: '../evil' }]]],
  [
    'a link below another link',
    [
      ['files/a', { link: 'lib' }],
      ['files/a/b', { link: 'a.py' }],
    ],
  ],
  [
    'a link that leaves the folder through another link',
    [
      ['files/deep/er/file', 'x'],
      ['files/deep/er/up', { link: '../../lib' }],
      ['files/out', { link: 'deep/er/up/../..' }],
    ],
  ],
])('refuses %s, and leaves nothing behind', async (_, entries) => {
  await expect(unpack(code, ...entries)).rejects.toThrow(unsafe);
  expect(await readdir(folder)).toEqual([]);
  expect(await readdir(parent)).toEqual(['out']);
});

it('needs an empty folder', async () => {
  await requireEmptyFolder(folder);
  await mkdir(join(folder, 'lib'), { recursive: true });
  await expect(requireEmptyFolder(folder)).rejects.toThrow(
    expect.objectContaining({ code: 'folder_not_empty' }),
  );
});
