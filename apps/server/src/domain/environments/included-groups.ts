import { expandGroups } from '@pumphouse/contract';
import { isPlainObject } from '../primitives/plain-object.ts';
import { readName } from './requirements.ts';

/**
 * Adds the lines of included dependency groups (PEP 735) to a manifest. Without a `uv.lock`, dlt's client leaves out
 * what a group includes.
 * @returns null if the manifest lacks nothing
 * @throws RequirementFileError for an include that cannot be followed
 */
export function addIncludedGroups(pyproject: unknown, manifest: unknown): Record<string, unknown> | null {
  const declared = isPlainObject(pyproject) ? pyproject['dependency-groups'] : undefined;
  if (!isPlainObject(manifest) || !isPlainObject(declared)) return null;
  if (!Object.values(declared).some((group) => Array.isArray(group) && group.some(isPlainObject)))
    return null;
  const sent = manifest['groups'];
  if (!isPlainObject(sent)) return null;
  const missing = Object.entries(expandGroups(declared)).flatMap(([name, lines]) => {
    const group = Object.hasOwn(sent, name) ? sent[name] : [];
    if (!Array.isArray(group)) return [];
    const names = new Set(group.filter((line) => typeof line === 'string').map(readName));
    const added = lines.filter((line) => !names.has(readName(line)));
    return added.length === 0 ? [] : [[name, [...group, ...added]] as const];
  });
  return missing.length === 0 ? null : { ...manifest, groups: { ...sent, ...Object.fromEntries(missing) } };
}
