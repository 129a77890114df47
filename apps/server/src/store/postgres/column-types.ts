import { types } from 'pg';

type TypeFormat = 'text' | 'binary';

/** As it is: the declared one knows the ids of built-in types only. */
interface ParserLookup {
  getTypeParser(oid: number, format?: TypeFormat): (value: string) => unknown;
}

const int8 = 20;
const int8Array = 1016;
const date = 1082;

/**
 * The reader of a column type, for the `types` setting of `pg`. Different from its own in two: int8 is a number (`pg` gives a
 * string, since a number may not hold it), and a date is its text (`pg` makes it midnight of this machine's zone).
 */
export function readColumnType(oid: number, format?: TypeFormat): (value: string) => unknown {
  if (oid === int8) return readInt8;
  if (oid === int8Array) return readInt8Array;
  if (oid === date) return (value) => value;
  const parsers: ParserLookup = types;
  return parsers.getTypeParser(oid, format);
}

function readInt8(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`int8 ${value} does not fit a JavaScript number`);
  return number;
}

function readInt8Array(value: string): (number | null)[] {
  // An array of int8 holds digits, NULL and braces only. One dimension is all we use.
  const inner = value.slice(1, -1);
  if (inner === '') return [];
  return inner.split(',').map((item) => (item === 'NULL' ? null : readInt8(item)));
}
