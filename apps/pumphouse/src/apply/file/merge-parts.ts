import type { FileProblem } from './file-problem.ts';
import type { FilePart, Positions } from './parse-yaml.ts';

type Path = readonly PropertyKey[];

/**
 * Merges the parts of several files. Maps are merged; anything else may be given only once, so that no file
 * silently overrides another one.
 */
export function mergeParts(parts: readonly FilePart[]): FilePart & { problems: FileProblem[] } {
  const [first, ...others] = parts;
  if (first === undefined) return { value: {}, positions: nowhere, problems: [] };
  const problems: FileProblem[] = [];
  // A conflict is reported with both positions.
  const merged = others.reduce(
    (before, part) => ({
      value: merge(before.value, part.value, [], (path) => {
        const { file, line } = before.positions.at(path);
        problems.push({
          position: part.positions.at(path),
          message: `${path.map(String).join(' > ') || 'The file'} is already given at ${file}:${line}. Give it only once.`,
        });
      }),
      positions: chain(before, part),
    }),
    first,
  );
  return { ...merged, problems };
}

function merge(before: unknown, added: unknown, path: Path, refuse: (path: Path) => void): unknown {
  if (before === undefined) return added;
  if (added === undefined || (path.length === 1 && path[0] === 'version' && before === added)) return before;
  if (!isMap(before) || !isMap(added)) {
    refuse(path);
    return before;
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(added)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, merge(ownValue(before, key), ownValue(added, key), [...path, key], refuse)]),
  );
}

/** Finds a path in the added part if it has the path, otherwise in the part before. */
function chain(before: FilePart, added: FilePart): Positions {
  return {
    at: (path) => {
      const isInBefore = reach(before.value, path);
      const isInAdded = reach(added.value, path);
      return (isInAdded > isInBefore ? added : before).positions.at(path);
    },
  };
}

/** How many steps of a path a value has. */
function reach(value: unknown, path: Path): number {
  let current = value;
  for (const [index, key] of path.entries()) {
    const next = Array.isArray(current)
      ? current[Number(key)]
      : isMap(current)
        ? ownValue(current, String(key))
        : undefined;
    if (next === undefined) return index;
    current = next;
  }
  return path.length;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ownValue(map: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

const nowhere: Positions = { at: () => ({ file: '', line: 1, column: 1 }) };
