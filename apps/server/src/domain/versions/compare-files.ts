/** A file of a version, as in its manifest. */
interface ListedFile {
  relative_path: string;
  size_bytes: number;
  sha3_256: string;
  linkname?: string;
}

/** The change of a file between two versions; null where the file did not exist. */
export interface FileChange {
  path: string;
  change: 'added' | 'removed' | 'changed' | 'unchanged';
  before: ListedFile | null;
  after: ListedFile | null;
}

export type ChangeCounts = Record<FileChange['change'], number>;

/**
 * Lists every file of either version with its change, sorted by path. A file that became a link, or the
 * reverse, counts as changed.
 */
export function compareFiles(before: readonly ListedFile[], after: readonly ListedFile[]): FileChange[] {
  const old = new Map(before.map((file) => [file.relative_path, file]));
  const fresh = new Map(after.map((file) => [file.relative_path, file]));
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return paths.map((path) => compareFile(path, old.get(path) ?? null, fresh.get(path) ?? null));
}

function compareFile(path: string, before: ListedFile | null, after: ListedFile | null): FileChange {
  if (!before) return { path, change: 'added', before, after };
  if (!after) return { path, change: 'removed', before, after };
  const isSame = before.sha3_256 === after.sha3_256 && before.linkname === after.linkname;
  return { path, change: isSame ? 'unchanged' : 'changed', before, after };
}

export function countChanges(changes: readonly FileChange[]): ChangeCounts {
  const counts: ChangeCounts = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  for (const { change } of changes) counts[change] += 1;
  return counts;
}
