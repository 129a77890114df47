/** A setting of a job definition that differs between two of its versions. */
export interface DefinitionChange {
  /** Object keys joined by dots, such as `execute.timeout.timeout`. */
  key: string;
  change: 'added' | 'removed' | 'changed';
  /** JSON; null if the key is absent. */
  before: string | null;
  after: string | null;
}

/**
 * Compares two definitions of a job; the result is sorted by key. A list is compared as one value, because
 * its entries are ordered and few. An object without keys is ignored. Definitions contain no secrets.
 */
export function compareDefinitions(before: object, after: object): DefinitionChange[] {
  const old = new Map(listSettings(before));
  const fresh = new Map(listSettings(after));
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((key): DefinitionChange[] => {
    const values = { before: old.get(key) ?? null, after: fresh.get(key) ?? null };
    if (values.before === values.after) return [];
    const change = values.before === null ? 'added' : values.after === null ? 'removed' : 'changed';
    return [{ key, change, ...values }];
  });
}

function listSettings(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, child]: [string, unknown]): [string, string][] => {
    const key = prefix + name;
    const isGroup = typeof child === 'object' && child !== null && !Array.isArray(child);
    return isGroup ? listSettings(child, `${key}.`) : [[key, JSON.stringify(child)]];
  });
}
