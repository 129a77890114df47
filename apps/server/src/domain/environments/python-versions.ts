/** Versions of Python packages and version ranges; the subset of PEP 440 for public releases. */

const rangePart = /^(>=|<=|==|<|>)(\d.*)$/;
const version = /^(?:\d+!)?(\d+(?:\.\d+)*)[.-]?(?:(a|b|rc|alpha|beta|c|pre|dev)[.-]?(\d*))?/i;

/**
 * Reports whether a version is in a range such as `>=2,<3`. A pre-release is lower than its release. An
 * unparsable version is in no range.
 */
export function isInVersionRange(text: string, range: string): boolean {
  const parsed = parse(text);
  return parsed !== null && range.split(',').every((part) => fits(parsed, part.trim()));
}

/** Reports whether all parts of a range can be parsed. */
export function isVersionRange(range: string): boolean {
  return range.split(',').every((part) => parse(rangePart.exec(part.trim())?.[2] ?? '') !== null);
}

function fits(parsed: number[], part: string): boolean {
  const [, operator, bound = ''] = rangePart.exec(part) ?? [];
  const limit = parse(bound);
  if (limit === null) return false;
  const order = compare(parsed, limit);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '==':
      return order === 0;
    case '<':
      return order < 0;
    default:
      return order > 0;
  }
}

/**
 * Parses a version to its release numbers, with a trailing -1 for a pre-release; null if it is not a version.
 */
function parse(text: string): number[] | null {
  const [, release, preRelease] = version.exec(text.trim()) ?? [];
  if (release === undefined) return null;
  const numbers = release.split('.').map(Number);
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop();
  return preRelease === undefined ? numbers : [...numbers, -1];
}

function compare(left: number[], right: number[]): number {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
