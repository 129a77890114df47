import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { chooseSettingsFile } from './settings-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'pumphouse-settings-file-'));
const installed = join(folder, 'pumphouse.toml');
writeFileSync(installed, '');
afterAll(() => rmSync(folder, { recursive: true }));

it.each<[string, string | undefined, string | undefined, string]>([
  ['the option first', 'own.toml', 'other.toml', resolve('own.toml')],
  ['then the variable', undefined, '/srv/other.toml', '/srv/other.toml'],
  ['then the file of the installation', undefined, undefined, installed],
  ['no file for none', 'none', '/srv/other.toml', 'none'],
  ['no file for the variable none', undefined, 'none', 'none'],
  ['the file of the installation if the variable is blank', undefined, ' ', installed],
])('chooses %s', (_, option, variable, chosen) => {
  expect(chooseSettingsFile(option, variable, installed)).toBe(chosen);
});

it('chooses none without a file of the installation', () => {
  expect(chooseSettingsFile(undefined, undefined, join(folder, 'missing.toml'))).toBe('none');
  expect(chooseSettingsFile(undefined, undefined, join(installed, 'pumphouse.toml'))).toBe('none');
});
