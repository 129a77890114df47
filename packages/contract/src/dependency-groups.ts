import { isJsonObject, type JsonObject } from './json-object.ts';
import { RequirementFileError } from './requirement-lines.ts';

const normalize = (name: string) => name.toLowerCase().replaceAll(/[-_.]+/g, '-');

/**
 * The dependency groups of a `pyproject.toml` (PEP 735), each sorted, with the lines of the groups it includes.
 * @throws RequirementFileError for an entry that is neither a line nor a known group, and for a circle of groups
 */
export function expandGroups(groups: JsonObject): Record<string, string[]> {
  const expanded = Object.keys(groups).map((name) => [name, expandGroup(groups, name, [])] as const);
  return Object.fromEntries(expanded.map(([name, lines]) => [name, [...new Set(lines)].toSorted()]));
}

/** @param path the groups on the way here */
function expandGroup(groups: JsonObject, name: string, path: readonly string[]): string[] {
  if (path.includes(name)) throw refuse(name, 'includes itself', 'Remove one of the includes.');
  const entries = groups[name];
  if (!Array.isArray(entries)) throw refuse(name, 'is not a list', 'Write it as a list of requirements.');
  return entries.flatMap((entry: unknown) => {
    if (typeof entry === 'string') return [entry.trim()];
    const included = isJsonObject(entry) ? entry['include-group'] : undefined;
    if (typeof included !== 'string') {
      const nextStep = 'Write each entry as "name>=1.0" or {include-group = "name"}.';
      throw refuse(name, 'has an entry that is neither a requirement nor a group', nextStep);
    }
    const found = Object.keys(groups).find((one) => normalize(one) === normalize(included));
    if (found !== undefined) return expandGroup(groups, found, [...path, name]);
    throw refuse(
      name,
      `includes the group "${included}", which is not there`,
      'Add that group, or remove the entry.',
    );
  });
}

function refuse(group: string, what: string, nextStep: string): RequirementFileError {
  return new RequirementFileError(`pyproject.toml: the dependency group "${group}" ${what}.`, nextStep);
}
