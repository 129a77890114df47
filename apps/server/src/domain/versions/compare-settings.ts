import { parse as parseToml } from 'smol-toml';
import { listSecretValues } from '../variables/secret-values.ts';

/** One side of a configuration file comparison. */
export interface SettingsFile {
  text: string;
  /** If true, every value of the file is masked; otherwise only what `listSecretValues` considers secret. */
  holdsSecrets: boolean;
}

export interface SettingChange {
  /**
   * In TOML notation: `destination.postgres.credentials.password`; tables of an array have an index,
   * `sources[0].name`.
   */
  key: string;
  change: 'added' | 'removed' | 'changed';
  /** TOML or the mask; null if the key is absent. */
  before: string | null;
  after: string | null;
}

export type SettingsComparison =
  { outcome: 'compared'; settings: SettingChange[] } | { outcome: 'unparsable' | 'too_large' };

/** Replaces every value that may be secret, whatever its type and length. */
export const settingMask = '******';

/** Users write these files by hand; larger ones would need unbounded memory to parse and compare. */
const limits = { characters: 256 * 1024, settings: 5000, keyCharacters: 1000 };

interface Setting {
  /** The value to compare. Never returned. */
  value: string;
  shown: string;
}

type Settings = Map<string, Setting>;

/**
 * Lists the settings that differ, sorted by key; empty if only comments, order or layout differ. The text of
 * the files is never returned, because comments and invalid parts may contain secrets too. A missing file has
 * no settings.
 */
export function compareSettings(before: SettingsFile | null, after: SettingsFile | null): SettingsComparison {
  const old = readSettings(before);
  const fresh = readSettings(after);
  if (typeof old === 'string') return { outcome: old };
  if (typeof fresh === 'string') return { outcome: fresh };
  const keys = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return {
    outcome: 'compared',
    settings: keys.flatMap((key) => compareSetting(key, old.get(key), fresh.get(key))),
  };
}

function compareSetting(
  key: string,
  before: Setting | undefined,
  after: Setting | undefined,
): SettingChange[] {
  if (before && after && before.value === after.value) return [];
  const change = before ? (after ? 'changed' : 'removed') : 'added';
  return [{ key, change, before: before?.shown ?? null, after: after?.shown ?? null }];
}

class TooLargeError extends Error {}

function readSettings(file: SettingsFile | null): Settings | 'unparsable' | 'too_large' {
  const settings: Settings = new Map();
  if (!file) return settings;
  if (file.text.length > limits.characters) return 'too_large';
  let document: Record<string, unknown>;
  try {
    // Parse as bigint, so that 1 and 1.0 differ and no integer is too large.
    document = parseToml(file.text, { integersAsBigInt: true });
  } catch {
    return 'unparsable';
  }
  try {
    collectTable(document, '', file.holdsSecrets, settings);
  } catch (error) {
    if (error instanceof TooLargeError) return 'too_large';
    throw error;
  }
  return settings;
}

function collectTable(
  table: Record<string, unknown>,
  prefix: string,
  holdsSecrets: boolean,
  settings: Settings,
): void {
  for (const [name, value] of Object.entries(table)) {
    const key = prefix === '' ? writeKey(name) : `${prefix}.${writeKey(name)}`;
    collect(value, key, holdsSecrets, settings);
  }
}

function collect(value: unknown, key: string, holdsSecrets: boolean, settings: Settings): void {
  if (key.length > limits.keyCharacters || settings.size >= limits.settings) throw new TooLargeError();
  if (isTable(value) && Object.keys(value).length > 0) collectTable(value, key, holdsSecrets, settings);
  else if (Array.isArray(value) && value.some(containsTable)) {
    value.forEach((item, index) => collect(item, `${key}[${index}]`, holdsSecrets, settings));
  } else {
    const text = writeValue(value);
    const isMasked = holdsSecrets || listSecretValues(value).length > 0;
    settings.set(key, { value: text, shown: isMasked ? settingMask : text });
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/**
 * An array without tables is one value and masked whole, so that even the number of its items stays secret.
 */
function containsTable(value: unknown): boolean {
  return Array.isArray(value) ? value.some(containsTable) : isTable(value);
}

function writeKey(name: string): string {
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}

/** JSON strings are valid TOML basic strings. */
function writeValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(', ')}]`;
  if (value instanceof Date) return value.toISOString();
  if (isTable(value)) return '{}';
  if (typeof value === 'number') return writeFloat(value);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function writeFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value).toLowerCase().replace('infinity', 'inf');
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
