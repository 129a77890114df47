import { z } from 'zod';
import { text } from './primitives.ts';

/*
 * A query string carries text, and a key that is repeated carries a list. Each schema here reads that text into the
 * value it stands for; for callers and in the OpenAPI document it has the type of the value.
 */

/** Reads text with `read` before `schema` checks the outcome; values that are no text go to `schema` as they are. */
function fromText<Schema extends z.ZodType>(read: (value: string) => unknown, schema: Schema) {
  const reading: unknown = z.preprocess((value) => (typeof value === 'string' ? read(value) : value), schema);
  return reading as z.ZodType<z.output<Schema>, z.input<Schema>>;
}

/** Text that is no plain number is left alone, so that the number schema refuses it (`Number('')` would be 0). */
function readNumber(value: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function readBoolean(value: string): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}

/** Text of a query. */
export const queryText = text;

/** A whole number of a query, between the bounds. */
export function queryInteger(bounds: { minimum?: number; maximum?: number } = {}) {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = bounds;
  return fromText(readNumber, z.int().min(minimum).max(maximum));
}

/** A number of a query. */
export const queryNumber = fromText(readNumber, z.number());

/** `true` or `false` of a query. */
export const queryBoolean = fromText(readBoolean, z.boolean());

/** Values of a key that a query may give once or repeat; commas separate nothing. */
export function queryList<Item extends z.ZodType>(item: Item) {
  const list = z.array(item);
  return fromText((value) => [value], list);
}

/** An instant of a query. Without a zone it is wall clock time in the `timezone` of the same query. */
export const queryTimestamp = z.stringFormat('date-time', z.regexes.datetime({ offset: true, local: true }));
