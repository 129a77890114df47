import { z } from 'zod';
import type { PaletteEntry, PaletteLink } from './palette-entry.ts';

const maxRecent = 6;
const keyOf = (workspaceId: string) => `pumphouse.recent.${workspaceId}`;

const words = z.record(z.string(), z.string());
const storedEntry = z.object({
  id: z.string(),
  text: z.string(),
  aside: z.string().optional(),
  link: z.object({ to: z.string(), params: words.optional(), search: words.optional() }),
});
const storedEntries = z.array(storedEntry);

/** The entries that were opened last in this browser, newest first. */
export function readRecent(workspaceId: string): PaletteEntry[] {
  return readStored(workspaceId).map(({ id, text, aside, link }) => ({
    id: `recent ${id}`,
    group: 'Recent',
    text,
    ...(aside === undefined ? {} : { aside }),
    whyNot: null,
    // A link of an older console that leads nowhere opens the page for missing pages.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- stored by `rememberEntry`
    does: { kind: 'go', link: link as PaletteLink },
  }));
}

/** Stores an opened page as the newest. Actions are not stored: opening them again would repeat them. */
export function rememberEntry(workspaceId: string, { id, text, aside, does }: PaletteEntry): void {
  if (does.kind !== 'go') return;
  const own = id.replace(/^recent /, '');
  const parsed = storedEntry.safeParse({ id: own, text, aside, link: does.link });
  if (!parsed.success) return;
  const others = readStored(workspaceId).filter((each) => each.id !== own);
  localStorage.setItem(keyOf(workspaceId), JSON.stringify([parsed.data, ...others].slice(0, maxRecent)));
}

function readStored(workspaceId: string): z.output<typeof storedEntries> {
  try {
    return storedEntries.parse(JSON.parse(localStorage.getItem(keyOf(workspaceId)) ?? '[]'));
  } catch {
    // Written by another version, or by hand.
    return [];
  }
}
