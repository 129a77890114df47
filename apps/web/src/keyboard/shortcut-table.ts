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

/** Other shortcuts in the help. The log viewer lists its own keys. */
export const shortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'Search on this page'],
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['Enter', 'Open row'],
  ['← →', 'Previous or next link of a row of Jobs'],
  ['[', 'Previous run'],
  [']', 'Next run'],
  ['?', 'Show shortcuts'],
];

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
