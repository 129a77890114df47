import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingList } from '@pumphouse/server/config/setting-list.ts';
import { settingsPagePath, writeSettingsPage } from './settings-page.ts';

describe('docs/operate/settings.md', () => {
  it('is what npm run docs:settings writes, with a row for every setting', () => {
    const page = readFileSync(settingsPagePath, 'utf8');
    expect(page, 'run `npm run docs:settings`').toBe(writeSettingsPage(page));
    const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(settingList.map(({ variable }) => variable));
  });

  it('is not overwritten if the page lost its marks', () => {
    expect(() => writeSettingsPage('# Settings\n')).toThrow('has lost the marks');
  });
});
