/** Where `g` and a key lead, as paths below the workspace. */
export const places = {
  'g o': { word: 'Overview', to: '/w/$workspaceId' },
  'g j': { word: 'Jobs', to: '/w/$workspaceId/jobs' },
  'g r': { word: 'Runs', to: '/w/$workspaceId/runs' },
  'g p': { word: 'Pipelines', to: '/w/$workspaceId/pipelines' },
  'g d': { word: 'Datasets', to: '/w/$workspaceId/datasets' },
  'g a': { word: 'Apps', to: '/w/$workspaceId/apps' },
  'g v': { word: 'Versions', to: '/w/$workspaceId/deployments' },
  'g s': { word: 'Settings', to: '/w/$workspaceId/settings' },
} as const;

export const isPlace = (keys: string): keys is keyof typeof places => keys in places;

/** What the help shows beside the places. Keys of the log stand at the log. */
export const shortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'Search on this page'],
  ['j', 'Next row'],
  ['k', 'Row before'],
  ['Enter', 'Open the row'],
  ['[', 'The run before'],
  [']', 'The run after'],
  ['?', 'Show these shortcuts'],
];

const switchKey = 'pumphouse.single-keys';

/** Single keys are in the way of some who dictate or use other tools: they can be turned off (WCAG 2.1.4). */
export const areSingleKeysOn = () => localStorage.getItem(switchKey) !== 'off';

export function turnSingleKeys(on: boolean): void {
  localStorage.setItem(switchKey, on ? 'on' : 'off');
}

/** The name of the key with which one opens the palette on this machine. */
export const paletteKeys = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl+K';
