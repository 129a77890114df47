import { expect, it } from 'vitest';
import { chooseFile, describeCounts } from './file-changes.ts';

it('summarizes the changes of files', () => {
  expect(describeCounts({ added: 0, removed: 1, changed: 2, unchanged: 30 })).toBe(
    '2 changed, 1 removed, 30 unchanged',
  );
  expect(describeCounts({ added: 0, removed: 0, changed: 0, unchanged: 0 })).toBe('no files');
});

const files = [
  { path: 'a.py', change: 'unchanged' },
  { path: 'b.py', change: 'changed' },
  { path: 'c.py', change: 'added' },
] as const;

it('selects the file in the URL, else the first changed file', () => {
  expect(chooseFile(files, 'c.py')?.path).toBe('c.py');
  expect(chooseFile(files, 'a.py')?.path).toBe('a.py');
  expect(chooseFile(files, 'gone.py')?.path).toBe('b.py');
  expect(chooseFile(files, undefined)?.path).toBe('b.py');
  expect(chooseFile(files.slice(0, 1), undefined)).toBeNull();
});
