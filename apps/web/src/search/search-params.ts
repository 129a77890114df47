import { z } from 'zod';

/** Search parameters: a key once or repeated. */
type SearchValues = Record<string, string | string[]>;

/** Reads `?status=failed&status=cancelled&q=shop`: plain URLs that users can write, without JSON. */
export function parseSearch(text: string): SearchValues {
  const values: SearchValues = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const earlier = values[name];
    values[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return values;
}

/** The inverse of `parseSearch`. Omits empty values, so that a page without filters has a short URL. */
export function stringifySearch(values: Record<string, unknown>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter((each) => each !== undefined && each !== null && each !== '' && each !== false)
      .map((each) => [name, String(each)]),
  );
  const text = new URLSearchParams(pairs).toString();
  return text === '' ? '' : `?${text}`;
}

/** A text parameter; undefined if it is missing or repeated. */
export const searchText = z.string().optional().catch(undefined);

/** A list parameter, given once or repeated. */
export const searchList = z
  .preprocess((value) => (value === undefined ? undefined : [value].flat()), z.array(z.string()).optional())
  .catch(undefined);

/** An enum parameter; undefined for any other value. */
export const searchWord = <const Allowed extends readonly [string, ...string[]]>(allowed: Allowed) =>
  z.enum(allowed).optional().catch(undefined);

/** A flag parameter: on if it is `true`. */
export const searchFlag = z
  .preprocess((value) => (value === 'true' || value === true ? true : undefined), z.literal(true).optional())
  .catch(undefined);
