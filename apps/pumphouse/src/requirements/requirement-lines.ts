import { isJsonObject, readRequirementLines, type JsonObject } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/**
 * The lines of a requirements file that a person wrote, sorted and without comments.
 * @throws CommandError bad_requirements
 */
export function parseRequirements(text: string, name: string): string[] {
  const { lines, problem } = readRequirementLines(text, name);
  if (problem === null) return sortUnique(lines);
  const { message, nextStep } = problem;
  throw new CommandError(message, { code: 'bad_requirements', exitCode: exitCodes.refused, nextStep });
}

/** The lines that uv wrote, sorted. Projects of the workspace itself are left out: they run from its folder. */
export function parseExport(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  return sortUnique(lines.filter((line) => line !== '' && !line.startsWith('-')));
}

function sortUnique(lines: readonly string[]): string[] {
  return [...new Set(lines)].toSorted();
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
