import type { ChangeKind, ConfigurationComparisonResponse } from '@pumphouse/contract';

/** Sign and word of a change, in addition to its colour. */
export const changeAppearances: Record<ChangeKind, { sign: string; word: string }> = {
  added: { sign: '+', word: 'added' },
  removed: { sign: '−', word: 'removed' },
  changed: { sign: '±', word: 'changed' },
  unchanged: { sign: '', word: 'unchanged' },
};

/** Summary of the counts: "2 changed, 1 added, 5 unchanged". */
export function describeCounts(counts: ConfigurationComparisonResponse['counts']): string {
  const kinds: ChangeKind[] = ['changed', 'added', 'removed', 'unchanged'];
  const parts = kinds.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  return parts.length === 0 ? 'no files' : parts.join(', ');
}

/** The file to show: the one in the URL, else the first changed file; null if there is none. */
export function chooseFile<File extends { path: string; change: ChangeKind }>(
  files: readonly File[],
  path: string | undefined,
): File | null {
  return (
    files.find((file) => file.path === path) ?? files.find(({ change }) => change !== 'unchanged') ?? null
  );
}
