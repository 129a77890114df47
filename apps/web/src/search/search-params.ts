import { z } from 'zod';

/** What an address can say: a key once, or repeated. */
type SearchValues = Record<string, string | string[]>;

/** Reads `?status=failed&status=cancelled&q=shop`: plain addresses that people can write, no JSON. */
export function parseSearch(text: string): SearchValues {
  const values: SearchValues = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const earlier = values[name];
    values[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return values;
}

/** The opposite. What is empty is left out, so that a page without filters has a short address. */
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

/** A text of the address; undefined where it is missing or was given twice. */
export const searchText = z.string().optional().catch(undefined);

/** A list of the address, given once or repeated. */
export const searchList = z
  .preprocess((value) => (value === undefined ? undefined : [value].flat()), z.array(z.string()).optional())
  .catch(undefined);

/** One of some words; undefined for any other. */
export const searchWord = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words).optional().catch(undefined);

/** A switch: on where the address has it as `true`. */
export const searchFlag = z
  .preprocess((value) => (value === 'true' || value === true ? true : undefined), z.literal(true).optional())
  .catch(undefined);
