/** Turns the values of a settings file into the texts that their variables would have. Pure. */
import { findNearestName } from '../../domain/primitives/nearest-name.ts';
import type { FilePosition, SettingProblem } from '../config-error.ts';
import { findValueProblem } from '../read-values.ts';
import { readDefault, settingList, type Setting } from '../setting-list.ts';
import type { FileEntry } from './parse-settings-file.ts';
import { formatValue, readPairs, readValue } from './value-forms.ts';

/** A setting that the file has. */
export interface FileSetting {
  setting: Setting;
  /** As its variable would have it. */
  text: string;
  position: FilePosition;
}

/** Every problem of the file is listed, not only the first one. */
export function readEntries(entries: readonly FileEntry[]): {
  found: FileSetting[];
  problems: SettingProblem[];
} {
  const found: FileSetting[] = [];
  const problems: SettingProblem[] = [];
  const readKeys = new Set<string>();
  for (const entry of entries) {
    const key = entry.path.join('.');
    const setting = findSetting(key);
    if (setting === null) {
      if (!isKnownTable(entry, key)) problems.push(describeUnknown(entry, key));
      continue;
    }
    if (readKeys.has(setting.key)) continue;
    readKeys.add(setting.key);
    const given = readSetting(setting, entry, entries);
    const problem = 'problem' in given ? given.problem : checkText(setting, given.text);
    if (problem !== null) problems.push(describeInvalid(setting, entry, problem));
    else if ('text' in given && given.text.trim() !== '')
      found.push({ setting, text: given.text, position: entry.position });
  }
  return { found, problems: [...problems, ...findDoubles(found)] };
}

const pairForms = new Set<Setting['form']>(['pairs', 'spaced-pairs', 'encoded-pairs']);

/** The setting of a key, or the one whose table the key is in. */
function findSetting(key: string): Setting | null {
  const isIn = (setting: Setting) => pairForms.has(setting.form) && key.startsWith(`${setting.key}.`);
  return settingList.find((setting) => setting.key === key || isIn(setting)) ?? null;
}

function isKnownTable({ value }: FileEntry, key: string): boolean {
  return value === undefined && settingList.some((setting) => setting.key.startsWith(`${key}.`));
}

function readSetting(
  setting: Setting,
  entry: FileEntry,
  entries: readonly FileEntry[],
): { text: string } | { problem: string } {
  const isTable = entry.value === undefined || entry.path.join('.') !== setting.key;
  if (!isTable) return readValue(setting.form, entry.value);
  if (!pairForms.has(setting.form)) return readValue(setting.form, {});
  const prefix = `${setting.key}.`;
  const pairs = entries
    .map(({ path, value }) => ({ key: path.join('.'), value }))
    .filter(({ key, value }) => key.startsWith(prefix) && value !== undefined)
    .map(({ key, value }) => [key.slice(prefix.length), value] as const);
  return readPairs(setting.form, pairs);
}

function checkText({ schema }: Setting, text: string): string | null {
  return text.trim() === '' ? null : findValueProblem(schema, text);
}

/** A secret and its file: only one of them is used, and it must be clear which. */
function findDoubles(found: readonly FileSetting[]): SettingProblem[] {
  return found.flatMap(({ setting, position }) => {
    const other = found.find((each) => each.setting.variable === setting.fileOf);
    if (!other) return [];
    const message = `${other.setting.key} and ${setting.key} are both set. Remove one of the two.`;
    return [{ code: 'invalid_setting' as const, message, position, key: setting.key }];
  });
}

function describeInvalid(setting: Setting, { value, position }: FileEntry, problem: string): SettingProblem {
  const { key, secret, hidden } = setting;
  const isShown = secret === undefined && !hidden && ['string', 'number', 'boolean'].includes(typeof value);
  const subject = isShown ? `${key} is ${JSON.stringify(value)}, and` : key;
  const example = setting.example ?? readDefault(setting);
  const advice = example === null ? '' : ` Example: ${lastPart(key)} = ${formatValue(setting.form, example)}`;
  return { code: 'invalid_setting', message: `${subject} ${problem}.${advice}`, position, key };
}

function describeUnknown({ position }: FileEntry, key: string): SettingProblem {
  const keys = settingList.map((setting) => setting.key);
  const message = `${key} is not a setting. ${advise(key, keys)}`;
  return { code: 'unknown_setting', message, position, key };
}

function advise(key: string, keys: readonly string[]): string {
  const below = keys.filter((each) => each.startsWith(`${key}.`));
  if (below.length > 0) return `${key} is a table: write [${key}], and its settings below it.`;
  const ofVariable = settingList.find(({ variable }) => variable === lastPart(key).toUpperCase());
  if (ofVariable) return `In a file, that variable is ${ofVariable.key}.`;
  const inOtherTables = keys.filter((each) => lastPart(each) === lastPart(key));
  if (inOtherTables.length > 0 && inOtherTables.length < 4)
    return `Did you mean ${inOtherTables.join(' or ')}?`;
  const tables = new Set(keys.map((each) => each.slice(0, each.lastIndexOf('.'))));
  const nearest = findNearestName(key, key.includes('.') ? keys : [...tables, ...keys]);
  if (nearest) return `Did you mean ${nearest}?`;
  return 'bin/pumphouse config example lists all settings.';
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
