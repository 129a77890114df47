import { expect, it } from 'vitest';
import { compareFiles, countChanges } from './compare-files.ts';

const file = (relative_path: string, sha3_256: string, linkname?: string) => ({
  relative_path,
  size_bytes: 1,
  sha3_256,
  ...(linkname === undefined ? {} : { linkname }),
});

it('reports the change of each file, sorted by path', () => {
  const before = [file('z.py', 'same'), file('gone.py', 'a'), file('b.py', 'old'), file('l', 'h', 'b.py')];
  const after = [file('b.py', 'new'), file('fresh.py', 'a'), file('l', 'h'), file('z.py', 'same')];
  const changes = compareFiles(before, after);
  expect(changes).toEqual([
    { path: 'b.py', change: 'changed', before: before[2], after: after[0] },
    { path: 'fresh.py', change: 'added', before: null, after: after[1] },
    { path: 'gone.py', change: 'removed', before: before[1], after: null },
    { path: 'l', change: 'changed', before: before[3], after: after[2] },
    { path: 'z.py', change: 'unchanged', before: before[0], after: after[3] },
  ]);
  expect(countChanges(changes)).toEqual({ added: 1, removed: 1, changed: 2, unchanged: 1 });
});
