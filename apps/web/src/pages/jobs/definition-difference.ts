import { isJsonObject } from '@pumphouse/contract';

/** A setting that differs between two versions of a definition; null if a version does not have it. */
export interface SettingChange {
  /** `execute.timeout.timeout`, or `triggers`. */
  path: string;
  before: string | null;
  after: string | null;
}

/**
 * Compares two definitions of a job, setting by setting in alphabetical order. Lists of strings, such as
 * triggers and tags, are compared item by item.
 */
export function compareDefinitions(before: object, after: object): SettingChange[] {
  const [older, newer] = [flatten(before), flatten(after)];
  const paths = [...new Set([...older.keys(), ...newer.keys()])].toSorted();
  return paths.flatMap((path) => compareSetting(path, older.get(path), newer.get(path)));
}

type Setting = string | string[];

function compareSetting(
  path: string,
  before: Setting | undefined,
  after: Setting | undefined,
): SettingChange[] {
  if (Array.isArray(before ?? []) && Array.isArray(after ?? [])) {
    const [older, newer] = [asList(before), asList(after)];
    const gone = older.filter((word) => !newer.includes(word));
    const come = newer.filter((word) => !older.includes(word));
    return [
      ...gone.map((word) => ({ path, before: word, after: null })),
      ...come.map((word) => ({ path, before: null, after: word })),
    ];
  }
  const [old, next] = [asText(before), asText(after)];
  return old === next ? [] : [{ path, before: old, after: next }];
}

const asList = (setting: Setting | undefined): string[] =>
  setting === undefined ? [] : Array.isArray(setting) ? setting : [setting];

const asText = (setting: Setting | undefined): string | null =>
  setting === undefined ? null : Array.isArray(setting) ? setting.join(', ') : setting;

/**
 * Settings by path, with nested objects flattened. Lists that contain other values than strings become one
 * text.
 */
function flatten(value: object, prefix = ''): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  const entries: [string, unknown][] = Object.entries(value);
  for (const [name, part] of entries) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (isJsonObject(part)) {
      for (const [deeper, setting] of flatten(part, path)) settings.set(deeper, setting);
    } else if (Array.isArray(part) && part.every((each) => typeof each === 'string')) {
      settings.set(path, part);
    } else if (part !== undefined) {
      settings.set(path, typeof part === 'string' ? part : JSON.stringify(part));
    }
  }
  return settings;
}
