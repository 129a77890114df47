import type { LinkProps } from '@tanstack/react-router';

/** Groups of entries in their usual order. */
export const paletteGroups = [
  'Recent',
  'Pages',
  'Jobs',
  'Runs',
  'Pipelines',
  'Datasets',
  'Tables',
  'Columns',
  'People',
  'Settings',
  'Actions',
] as const;
export type PaletteGroup = (typeof paletteGroups)[number];

/** A link to a page of the console. */
export type PaletteLink = Pick<LinkProps, 'to' | 'params' | 'search'>;

export type ThemeChoice = 'auto' | 'light' | 'dark';

/** What an entry does. */
export type PaletteAction =
  | { kind: 'go'; link: PaletteLink }
  | { kind: 'start'; jobId: string; trigger: string; profile: string | null }
  | { kind: 'pause' | 'resume'; jobId: string }
  | { kind: 'theme'; theme: ThemeChoice }
  | { kind: 'state-colours' | 'copy-link' | 'documentation' | 'sign-out' };

/** An entry of the command palette. */
export interface PaletteEntry {
  id: string;
  group: PaletteGroup;
  text: string;
  /** Small text after the label. */
  aside?: string;
  /** Words that find the entry and are not shown. */
  keywords?: string;
  /** Why the action is unavailable; null if it is available. */
  whyNot: string | null;
  does: PaletteAction;
}

/** An entry that leads to a page. */
export function goTo(
  id: string,
  entry: Pick<PaletteEntry, 'group' | 'text' | 'aside' | 'keywords'>,
  link: PaletteLink,
): PaletteEntry {
  return { id, ...entry, whyNot: null, does: { kind: 'go', link } };
}

export function toDatasetEntry(workspaceId: string, datasetName: string): PaletteEntry {
  return goTo(
    `dataset ${datasetName}`,
    { group: 'Datasets', text: datasetName },
    { to: '/w/$workspaceId/datasets/$datasetName', params: { workspaceId, datasetName } },
  );
}
