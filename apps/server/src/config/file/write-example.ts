import { posix } from 'node:path';
import { readDefault, settingList, type Setting } from '../setting-list.ts';
import { formatValue } from './value-forms.ts';

const head = `# Settings of Pumphouse. Each line that begins with "# name =" is a setting with its default, or an example.
# Remove the "#" to set it. A variable of the server (in parentheses) wins over this file.
# Check the file with: bin/pumphouse config check --config FILE
`;

const lineWidth = 98;

/** Writes a settings file with every setting in a comment: as it is, it sets nothing. */
export function writeExample(): string {
  const tables = Map.groupBy(settingList, ({ key }) => key.slice(0, key.indexOf('.')));
  const sections = [...tables].map(([table, settings]) => `[${table}]\n${settings.map(describe).join('\n')}`);
  return `${head}\n${sections.join('\n')}`;
}

function describe(setting: Setting): string {
  const standardText = setting.default === undefined ? '' : `; default: ${toPlainText(setting.default)}`;
  const about = `${toPlainText(setting.description)} (${setting.variable}${standardText})`;
  const comment = wrap(about)
    .map((line) => `# ${line}\n`)
    .join('');
  const value = (readDefault(setting) || setting.example) ?? '';
  const note = readDefault(setting) || !setting.example ? '' : '  # example';
  const name = setting.key.slice(setting.key.indexOf('.') + 1);
  return `${comment}# ${name} = ${formatValue(setting.form, value)}${note}\n`;
}

function wrap(text: string): string[] {
  const lines = text.match(new RegExp(`\\S.{0,${lineWidth}}(?=\\s|$)`, 'g'));
  return lines ?? [text];
}

/** Markdown without its marks; a link becomes the path of its page. */
function toPlainText(markdown: string): string {
  return markdown
    .replaceAll(/\[[^\]]*\]\(([^)#]*)[^)]*\)/g, (_, page: string) =>
      posix.join('docs/operate', page === '' ? 'settings.md' : page),
    )
    .replaceAll('`', '');
}
