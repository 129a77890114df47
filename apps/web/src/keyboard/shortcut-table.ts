/** Targets of `g` followed by a key. */
export const pageKeys = {
  'g o': { word: 'Overview', to: '/w/$workspaceId' },
  'g j': { word: 'Jobs', to: '/w/$workspaceId/jobs' },
  'g r': { word: 'Runs', to: '/w/$workspaceId/runs' },
  'g t': { word: 'Timeline', to: '/w/$workspaceId/timeline' },
  'g p': { word: 'Pipelines', to: '/w/$workspaceId/pipelines' },
  'g d': { word: 'Datasets', to: '/w/$workspaceId/datasets' },
  'g i': { word: 'Lineage', to: '/w/$workspaceId/lineage' },
  'g a': { word: 'Apps', to: '/w/$workspaceId/apps' },
  'g v': { word: 'Versions', to: '/w/$workspaceId/deployments' },
  'g l': { word: 'Alerts', to: '/w/$workspaceId/alerts' },
  'g s': { word: 'Settings', to: '/w/$workspaceId/settings' },
} as const;

export const isPageKey = (keys: string): keys is keyof typeof pageKeys => keys in pageKeys;

/** Other shortcuts of all pages. */
export const shortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'Search on this page'],
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['Enter', 'Open row'],
  ['← →', 'Previous or next link of a row of Jobs and Runs'],
  ['[', 'Previous run'],
  [']', 'Next run'],
  ['?', 'Show shortcuts'],
];

/** Shortcuts of the log on the page of a run. */
export const logShortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['e', 'Next error'],
  ['E', 'Previous error'],
  ['n', 'Next match of the search'],
  ['N', 'Previous match of the search'],
  ['Home', 'First line'],
  ['End', 'Last line'],
  ['f', 'Follow new lines'],
  ['w', 'Wrap long lines'],
  ['t', 'Show times'],
];

/** Whether a shortcut is made of characters, which users can turn off, not of a key such as `End`. */
export const isCharacterKey = (keys: string) => keys.length === 1 || isPageKey(keys);

const switchKey = 'pumphouse.single-keys';

/**
 * Single-key shortcuts interfere with speech input and other tools, so users can turn them off (WCAG 2.1.4).
 */
export const areSingleKeysOn = () => localStorage.getItem(switchKey) !== 'off';

export function turnSingleKeys(on: boolean): void {
  localStorage.setItem(switchKey, on ? 'on' : 'off');
}

/** Display name of the palette shortcut on this platform. */
export const paletteKeys = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl+K';
