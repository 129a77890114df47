import type { ChangeKind, ConfigurationComparisonResponse } from '@pumphouse/contract';

/** How a change is shown: a sign and a word, and a colour that neither needs. */
export const changeLooks: Record<ChangeKind, { sign: string; word: string }> = {
  added: { sign: '+', word: 'added' },
  removed: { sign: '−', word: 'removed' },
  changed: { sign: '±', word: 'changed' },
  unchanged: { sign: '', word: 'unchanged' },
};

/** The counts in words: "2 changed, 1 added, 5 unchanged". */
export function describeCounts(counts: ConfigurationComparisonResponse['counts']): string {
  const kinds: ChangeKind[] = ['changed', 'added', 'removed', 'unchanged'];
  const words = kinds.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  return words.length === 0 ? 'no files' : words.join(', ');
}

/** The file to show: the one that the address names, else the first that changed; null where there is none. */
export function chooseFile<File extends { path: string; change: ChangeKind }>(
  files: readonly File[],
  path: string | undefined,
): File | null {
  return (
    files.find((file) => file.path === path) ?? files.find(({ change }) => change !== 'unchanged') ?? null
  );
}
