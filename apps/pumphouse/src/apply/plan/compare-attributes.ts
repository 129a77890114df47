import { isDeepStrictEqual } from 'node:util';
import { SecretValue, type Attribute, type Attributes } from '../entries/entry.ts';
import type { AttributeChange } from './change.ts';

interface Options {
  /** Whether to write secrets that the server already has, which cannot be compared. */
  writesSecrets: boolean;
}

/** Compares the attributes in the file with those on the server. Attributes that the file leaves out stay. */
export function compareAttributes(
  before: Attributes,
  wanted: Attributes,
  options: Options,
): AttributeChange[] {
  return Object.entries(wanted).flatMap(([name, after]) => {
    const present = before[name];
    return isSame(present, after, options) ? [] : [{ name, before: present, after }];
  });
}

function isSame(before: Attribute | undefined, after: Attribute, { writesSecrets }: Options): boolean {
  if (after instanceof SecretValue) return before instanceof SecretValue && !writesSecrets;
  // Null in the file means no value, and the server has none.
  if (before === undefined) return after === null;
  return isDeepStrictEqual(normalize(before), normalize(after));
}

/** The order of a list has no meaning in any attribute. */
function normalize(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(each)))].toSorted();
  if (typeof value !== 'object' || value === null || value instanceof SecretValue) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normalize(inner)]));
}
