import { isJsonObject, type JsonObject } from '@pumphouse/contract';

/** The lines of a `requirements.txt`, sorted: without comments and without options of the installer. */
export function readRequirementLines(text: string): string[] {
  const lines = text
    .replaceAll(/\\\r?\n/g, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  return [...new Set(lines.filter((line) => line !== '' && !line.startsWith('-')))].toSorted();
}

/** The dependency groups of a `pyproject.toml` (PEP 735), with the groups that they include. */
export function expandGroups(groups: JsonObject): Record<string, string[]> {
  const expanded = Object.keys(groups).map((name) => [name, expandGroup(groups, name, new Set())] as const);
  return Object.fromEntries(expanded.map(([name, lines]) => [name, [...new Set(lines)].toSorted()]));
}

/** @param visited groups on the way here: a group that includes itself adds nothing more */
function expandGroup(groups: JsonObject, name: string, visited: ReadonlySet<string>): string[] {
  const entries = groups[name];
  if (!Array.isArray(entries) || visited.has(name)) return [];
  return entries.flatMap((entry: unknown) => {
    if (typeof entry === 'string') return [entry.trim()];
    const included = isJsonObject(entry) ? entry['include-group'] : undefined;
    return typeof included === 'string' ? expandGroup(groups, included, new Set([...visited, name])) : [];
  });
}
