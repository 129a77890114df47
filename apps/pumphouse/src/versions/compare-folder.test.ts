import { describe, expect, it } from 'vitest';
import { compareFileLists, readSide } from './compare-folder.ts';
import { locateInside } from './unpack-archive.ts';
import { parseVersion } from './find-version.ts';
import { formatCounts, formatDifference, hideControls } from './format-differences.ts';

const local = (path: string, hash: string, linkTarget: string | null = null) => ({
  path,
  hash,
  linkTarget,
  absolutePath: `/ws/${path}`,
});
const deployed = (relative_path: string, sha3_256: string, linkname: string | null = null) => ({
  relative_path,
  sha3_256,
  linkname,
});

it('compares a folder with a version by hashes', () => {
  const { files, counts } = compareFileLists(
    [local('same.py', '1'), local('new.py', '2'), local('changed.py', '3'), local('link', '4', 'same.py')],
    [deployed('same.py', '1'), deployed('gone.py', '2'), deployed('changed.py', '0'), deployed('link', '4')],
  );
  expect(files).toEqual([
    { path: 'changed.py', change: 'changed' },
    { path: 'gone.py', change: 'removed' },
    { path: 'link', change: 'changed' },
    { path: 'new.py', change: 'added' },
  ]);
  expect(counts).toEqual({ added: 1, removed: 1, changed: 2, unchanged: 1 });
});

it.each([
  ['text', new TextEncoder().encode('é\n'), 'compared'],
  ['a NUL byte', new Uint8Array([65, 0]), 'binary'],
  ['invalid UTF-8', new Uint8Array([0xff, 0xfe, 65]), 'binary'],
  ['a large file', new Uint8Array(512 * 1024 + 1).fill(65), 'too_large'],
])('reads %s', (_, content, outcome) => {
  expect(readSide(content).outcome).toBe(outcome);
});

describe('versions', () => {
  it.each([
    ['12', 12],
    ['v12', 12],
    ['latest', 'latest'],
    ['8f69583e-3702-4a9a-9b35-eef8fa35fff9', null],
  ])('%s is parsed', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });

  it.each(['0', '-1', 'first', '1.0', ''])('%j is refused', (text) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: 'invalid_version' }));
  });
});

describe('an entry of an archive', () => {
  it('stays in its folder', () => {
    expect(locateInside('/tmp/out', '/tmp/out', 'a/b.py')).toBe('/tmp/out/a/b.py');
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', '.', ''])('%j is refused', (name) => {
    expect(() => locateInside('/tmp/out', '/tmp/out', name)).toThrow(
      expect.objectContaining({ code: 'archive_unsafe' }),
    );
  });
});

const terminal = { tone: (_: string, text: string) => text };

it('formats the difference of a file as a unified diff without control sequences', () => {
  const line = (kind: 'removed' | 'added', text: string) => ({
    kind,
    text,
    old_number: kind === 'removed' ? 1 : null,
    new_number: kind === 'added' ? 1 : null,
    no_newline_at_end: false,
  });
  const hunks = [
    {
      old_start: 1,
      old_lines: 1,
      new_start: 1,
      new_lines: 1,
      lines: [line('removed', 'a\u001B[2Jb'), line('added', '\tc\r')],
    },
  ];
  expect(formatDifference(terminal, { path: 'x.py', change: 'changed', outcome: 'compared', hunks })).toBe(
    '--- x.py (changed)\n@@ -1 +1 @@\n-a�[2Jb\n+\tc�\n',
  );
  expect(hideControls('\u0007x')).toBe('�x');
});

it('describes counts', () => {
  expect(formatCounts({ added: 2, removed: 0, changed: 1 })).toBe('2 added, 1 changed');
  expect(formatCounts({ added: 0, removed: 0, changed: 0 })).toBe('none');
});
