import { paletteGroups, type PaletteEntry, type PaletteGroup } from './palette-entry.ts';

/** Entries of one group under its heading. */
export interface FoundGroup {
  group: PaletteGroup;
  entries: PaletteEntry[];
}

/** Maximum entries of a group, and of a group that is alone. */
const maxPerGroup = 6;
const maxAlone = 40;

/** How well an entry matches; lower is better. */
const ranks = { equal: 0, prefix: 1, word: 2, part: 3 };

/**
 * Finds the entries that contain all typed words, in groups: the group with the best match first, otherwise in
 * the usual order. A leading `>` limits the result to actions. Without input, recent entries and pages are
 * listed.
 */
export function findEntries(entries: readonly PaletteEntry[], typed: string): FoundGroup[] {
  const isAction = typed.startsWith('>');
  const text = typed.replace(/^>/, '').toLowerCase().trim();
  if (text === '' && !isAction)
    return toGroups(
      entries.filter(({ group }) => group === 'Recent' || group === 'Pages'),
      text,
    );
  const words = text.split(/\s+/);
  const found = entries.filter((entry) => {
    const own = `${entry.text} ${entry.aside ?? ''} ${entry.keywords ?? ''}`.toLowerCase();
    const isOfGroup = isAction ? entry.group === 'Actions' : entry.group !== 'Recent';
    return isOfGroup && words.every((word) => own.includes(word));
  });
  return toGroups(found, text);
}

/** Whether the first entry starts with the input, so that no entry that is still searched can precede it. */
export function isClearMatch(groups: readonly FoundGroup[], typed: string): boolean {
  const first = groups[0]?.entries[0];
  return (
    first !== undefined && rankEntry(first, typed.replace(/^>/, '').toLowerCase().trim()) <= ranks.prefix
  );
}

function toGroups(found: readonly PaletteEntry[], text: string): FoundGroup[] {
  const byGroup = Map.groupBy(found, ({ group }) => group);
  const max = byGroup.size === 1 ? maxAlone : maxPerGroup;
  return paletteGroups
    .flatMap((group) => {
      const entries = (byGroup.get(group) ?? []).toSorted(
        (one, other) => rankEntry(one, text) - rankEntry(other, text),
      );
      return entries.length === 0 ? [] : [{ group, entries: entries.slice(0, limitOf(group, max)) }];
    })
    .toSorted((one, other) => bestRank(one, text) - bestRank(other, text));
}

/** All pages are listed: they are few, and the palette begins with them. */
const limitOf = (group: PaletteGroup, max: number) => (group === 'Pages' ? maxAlone : max);

const bestRank = ({ entries }: FoundGroup, text: string) => (entries[0] ? rankEntry(entries[0], text) : 0);

function rankEntry(entry: PaletteEntry, text: string): number {
  if (text === '') return ranks.equal;
  const own = entry.text.toLowerCase();
  if (own === text) return ranks.equal;
  if (own.startsWith(text)) return ranks.prefix;
  return own.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(text)) ? ranks.word : ranks.part;
}
