import { join } from 'node:path';
import { readDefault, settingList, type Setting } from '@pumphouse/server/config/setting-list.ts';
import { repositoryFolder } from '../fixtures/server.ts';

export const settingsPagePath = join(repositoryFolder, 'docs/operate/settings.md');

const begin = '<!-- settings: written by npm run docs:settings -->\n';
const end = '<!-- end of settings -->';

/** Rewrites the page's table from the declared settings; the text around it stays. */
export function writeSettingsPage(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/operate/settings.md has lost the marks of its table');
  return `${page.slice(0, from)}${begin}\n${writeTable()}\n${page.slice(to)}`;
}

function writeTable(): string {
  const head = ['variable', 'key in the file', 'default', 'reload', 'meaning'];
  const rows = [head, head.map(() => '---'), ...settingList.map(describe)];
  return rows.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

function describe(setting: Setting): string[] {
  const { variable, key, reload, description, secret } = setting;
  const meaning = secret === undefined ? description : `${description} (secret)`;
  return [`\`${variable}\``, `\`${key}\``, describeDefault(setting), reload ? 'yes' : '', meaning];
}

function describeDefault(setting: Setting): string {
  const value = readDefault(setting);
  return value ? `\`${value}\`` : (setting.default ?? 'none');
}

const escapeCell = (cell: string): string => cell.replaceAll('|', String.raw`\|`);
