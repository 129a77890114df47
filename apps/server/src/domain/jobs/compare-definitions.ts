/** A setting of a job's definition that differs between two versions of it. */
export interface DefinitionChange {
  /** Keys of objects joined by dots, such as `execute.timeout.timeout`. */
  key: string;
  change: 'added' | 'removed' | 'changed';
  /** JSON; null where the key is not there. */
  before: string | null;
  after: string | null;
}

/**
 * What differs between two definitions of a job, sorted by key. Lists are one value each: what is in them has an order, and is short. An object
 * without keys says nothing. Definitions hold no secrets.
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
