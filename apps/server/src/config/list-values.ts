/** Lists the values of settings for an operator, without secrets. */
import { z } from 'zod';
import type { FilePosition } from './config-error.ts';
import type { Sources } from './file/read-sources.ts';
import { readDefault, settingList, type Setting } from './setting-list.ts';

/** The value of a setting and where it comes from. */
export interface ListedValue {
  key: string;
  variable: string;
  /** As its variable has it, with `***` for secrets; null if it is not set and has no default. */
  value: string | null;
  source: 'variable' | 'file' | 'default';
  /** Null unless the value comes from the settings file. */
  position: FilePosition | null;
  /** Whether a running server follows a change of it in the file. */
  reload: boolean;
}

/** Lists all settings in the order of their table. */
export function listValues({ variables, fromFile }: Sources): ListedValue[] {
  return settingList.map((setting) => {
    const { key, variable } = setting;
    const text = variables[variable];
    const position = fromFile.get(variable)?.position ?? null;
    const source = text === undefined ? 'default' : position ? 'file' : 'variable';
    const value = text === undefined ? describeDefault(setting) : mask(setting, text);
    return { key, variable, value, source, position, reload: setting.reload === true };
  });
}

/** The default of this machine, or its description. */
function describeDefault(setting: Setting): string | null {
  const { schema, default: description } = setting;
  const value = readDefault(setting);
  if (value !== null) return value || null;
  if (schema instanceof z.ZodDefault) return String(schema.def.defaultValue);
  return description === undefined ? null : `(${description.replaceAll('`', '')})`;
}

/** @returns the value with `***` in place of a secret, or of the password of an address */
function mask({ secret, hidden }: Setting, text: string): string {
  if (secret === 'value' || hidden) return '***';
  const url = URL.parse(text);
  if (secret === 'url' && url === null) return '***';
  if (!url?.password) return text;
  url.password = '***';
  return url.href;
}
