import { z } from 'zod';

/*
 * A query string contains text, and a repeated key is a list. Each schema here parses that text into its
 * value; for callers and in the OpenAPI document it has the type of the value.
 */

/** Parses text with `read` before `schema` validates it; other values go to `schema` unchanged. */
function fromText<Schema extends z.ZodType>(read: (value: string) => unknown, schema: Schema) {
  const reading: unknown = z.preprocess((value) => (typeof value === 'string' ? read(value) : value), schema);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `preprocess` loses the type of the value
  return reading as z.ZodType<z.output<Schema>, z.input<Schema>>;
}

/**
 * Text that is not a plain number stays text, so that the number schema rejects it (`Number('')` would be 0).
 */
function readNumber(value: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function readBoolean(value: string): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}

/** A text parameter. */
export const queryText = z.string();

/** An integer parameter between the bounds. */
export function queryInteger(bounds: { minimum?: number; maximum?: number } = {}) {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = bounds;
  return fromText(readNumber, z.int().min(minimum).max(maximum));
}

/** A number parameter. */
export const queryNumber = fromText(readNumber, z.number());

/** A boolean parameter: `true` or `false`. */
export const queryBoolean = fromText(readBoolean, z.boolean());

/** A parameter that may be repeated; commas do not separate values. */
export function queryList<Item extends z.ZodType>(item: Item) {
  const list = z.array(item);
  return fromText((value) => [value], list);
}

/** An instant. Without a zone it is local time in the `timezone` of the same query. */
export const queryTimestamp = z.stringFormat('date-time', z.regexes.datetime({ offset: true, local: true }));
