/**
 * Random values that depend only on the seed and on their subject: what happens to a run stays the same
 * whatever else is decided, and in whatever order concurrent servers reach it.
 */
export interface Chance {
  /** At least 0, below 1. */
  fraction(...about: readonly (string | number)[]): number;
  /** An integer, both bounds inclusive. */
  between(from: number, to: number, ...about: readonly (string | number)[]): number;
  pick<T>(values: readonly T[], ...about: readonly (string | number)[]): T;
  happens(probability: number, ...about: readonly (string | number)[]): boolean;
}

export function createChance(seed: number | string): Chance {
  function fraction(...about: readonly (string | number)[]): number {
    return hash(`${seed}|${about.join('|')}`) / 2 ** 32;
  }
  const between: Chance['between'] = (from, to, ...about) =>
    from + Math.floor(fraction(...about) * (to - from + 1));
  return {
    fraction,
    between,
    pick: (values, ...about) => values[between(0, values.length - 1, ...about)] as (typeof values)[number],
    happens: (probability, ...about) => fraction(...about) < probability,
  };
}

/** FNV-1a with a final mix, because its high bits hardly depend on the last letters of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
