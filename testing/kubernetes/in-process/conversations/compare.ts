import { isDeepStrictEqual } from 'node:util';

/** A place where two answers differ. Undefined stands for a field that is not there. */
export interface Difference {
  /** "response.status.conditions.Ready.reason" */
  path: string;
  recorded: unknown;
  actual: unknown;
}

/** Compares two JSON values, apart from times, ids and addresses, which only need to be there. */
export function compareJson(recorded: unknown, actual: unknown, path: string): Difference[] {
  const [one, other] = [byName(recorded), byName(actual)];
  if (isPlain(one) && isPlain(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].flatMap((key) => compareJson(one[key], other[key], `${path}.${key}`));
  }
  const same = isDeepStrictEqual(withoutChance(one, path), withoutChance(other, path));
  return same ? [] : [{ path, recorded: one, actual: other }];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Lists whose items have a type, a name or a field are compared by it, others by position. */
function byName(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const keyOf = (item: unknown, index: number) => {
    if (!isPlain(item)) return index;
    const { type, name, key, metadata } = item as { metadata?: { name?: string }; [other: string]: unknown };
    const found = type ?? name ?? key ?? metadata?.name;
    return typeof found === 'string' ? found : index;
  };
  return Object.fromEntries(value.map((item: unknown, index) => [keyOf(item, index), item]));
}

/** What differs from run to run. */
const chance: [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b[0-9a-f]{64}\b/g, '<digest>'],
  [/\bpretended:\/\/\d+/g, 'containerd://<digest>'],
  [/\bdocker\.io\/pretended@sha256/g, 'sha256'],
  [/\b\d+\.\d+\.\d+\.\d+\b/g, '<address>'],
  [/\bnode-\d\b/g, '<node>'],
  [/resource version: \d+( \(\d+\)|, current: \d+)?/g, 'resource version: <version>'],
];

function withoutChance(value: unknown, path: string): unknown {
  if (typeof value !== 'string') return value;
  if (/\.(resourceVersion|continue)$/.test(path)) return '<version>';
  return chance.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), value);
}
