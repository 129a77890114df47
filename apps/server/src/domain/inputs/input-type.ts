/**
 * The types of parameters that inputs are converted to, with the rules of the bootstrap
 * (`inside/launch/inputs.py`): a value that does not fit here fails the run there. Pure functions.
 */
import { isPlainObject } from '../primitives/plain-object.ts';

export type LiteralValue = string | number | boolean | null;

export type InputType =
  | { kind: 'any' | 'str' | 'int' | 'float' | 'bool' | 'date' | 'datetime' | 'dict' | 'none' }
  | { kind: 'list'; item: InputType }
  | { kind: 'literal'; choices: readonly LiteralValue[] }
  | { kind: 'union'; members: readonly InputType[] };

export const anyType: InputType = { kind: 'any' };

/** The type with `None`. */
export function addNone(type: InputType): InputType {
  const members = type.kind === 'union' ? type.members : [type];
  const isThere = members.some(({ kind }) => kind === 'none' || kind === 'any');
  return isThere ? type : { kind: 'union', members: [...members, { kind: 'none' }] };
}

const integer = /^\s*[+-]?\d+(?:_\d+)*\s*$/;
const decimal = /^\s*[+-]?(?:(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?|inf|infinity|nan)\s*$/i;
const day = /^(\d{4})-?(\d{2})-?(\d{2})$/;
const week = /^\d{4}-?W\d{2}(?:-?\d)?$/;
/** Integers from here on are written with an exponent, which Python reads as a float. */
const maxInteger = 1e21;

/** Reports whether the run converts a JSON value to the type. */
export function fitsType(type: InputType, value: unknown): boolean {
  switch (type.kind) {
    case 'any':
      return true;
    case 'str':
      return typeof value === 'string' || typeof value === 'number';
    case 'int':
      if (typeof value === 'string') return integer.test(value);
      return Number.isInteger(value) && Math.abs(Number(value)) < maxInteger;
    case 'float':
      return typeof value === 'number' || (typeof value === 'string' && decimal.test(value));
    case 'bool':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'date':
      return typeof value === 'string' && isDate(value);
    case 'datetime':
      return typeof value === 'string' && isDateTime(value);
    case 'dict':
      return isPlainObject(value);
    case 'none':
      return value === null || value === 'null';
    case 'list':
      return readItems(value)?.every((item) => fitsType(type.item, item)) ?? false;
    case 'literal':
      return type.choices.some((choice) => choice === value || toPythonText(choice) === toPythonText(value));
    default:
      return type.members.some((member) => fitsType(member, value));
  }
}

function isDate(text: string): boolean {
  const [, year, month, date] = day.exec(text) ?? [];
  if (year === undefined) return week.test(text);
  const read = new Date(`${year}-${month}-${date}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.getUTCDate() === Number(date);
}

/** The time may have every form that some version of Python reads. */
function isDateTime(text: string): boolean {
  const [, date = '', time = ''] =
    /^(\d{4}-?\d{2}-?\d{2}|\d{4}-?W\d{2}-?\d)(?:.([\d:.,+Z-]+))?$/.exec(text) ?? [];
  return isDate(date) && (time === '' ? text === date : /^\d{2}/.test(time));
}

/** A value that is no list is a list of it. Null for a text that begins as a list and is none. */
function readItems(value: unknown): unknown[] | null {
  if (typeof value !== 'string' || !value.startsWith('[')) return Array.isArray(value) ? value : [value];
  try {
    const read: unknown = JSON.parse(value);
    return Array.isArray(read) ? read : null;
  } catch {
    return null;
  }
}

/** The text that Python compares choices by. */
function toPythonText(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Writes the type as a JSON schema. Values of other forms may fit too, such as the text `3` for an integer. */
export function toValueSchema(type: InputType): Record<string, unknown> {
  switch (type.kind) {
    case 'any':
      return {};
    case 'date':
      return { type: 'string', format: 'date' };
    case 'datetime':
      return { type: 'string', format: 'date-time' };
    case 'list':
      return { type: 'array', items: toValueSchema(type.item) };
    case 'literal':
      return { enum: type.choices };
    case 'union':
      return { anyOf: type.members.map(toValueSchema) };
    default:
      return { type: jsonTypes[type.kind] };
  }
}

const jsonTypes = {
  str: 'string',
  int: 'integer',
  float: 'number',
  bool: 'boolean',
  dict: 'object',
  none: 'null',
} as const;
