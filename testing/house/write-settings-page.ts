/** `npm run docs:settings`: writes the table of docs/operate/settings.md from the declared settings. */
import { readFileSync, writeFileSync } from 'node:fs';
import { settingsPagePath, writeSettingsPage } from './settings-page.ts';

writeFileSync(settingsPagePath, writeSettingsPage(readFileSync(settingsPagePath, 'utf8')));
