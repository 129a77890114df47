import type { EventSchemaDocument } from './event-schemas.ts';
import type { JsonObject } from './json-object.ts';
import { asObject } from './json-object.ts';

/**
 * Lists what breaks receivers that were written for the released schemas: a type or property that is gone or no
 * longer always there, and values that the released schema does not allow. Additions are compatible.
 * @returns one text for each problem; empty if the current schemas are compatible
 */
export function findIncompatibleChanges(
  released: EventSchemaDocument,
  current: EventSchemaDocument,
): string[] {
  return Object.entries(released.events).flatMap(([type, before]) => {
    const after = current.events[type];
    if (!after) return [`${type}: is gone`];
    return compare({ ...before }, { ...after }, { path: type, released, current, seen: new Set() });
  });
}

interface Comparison {
  path: string;
  released: EventSchemaDocument;
  current: EventSchemaDocument;
  /** Pairs of references that are being compared. */
  seen: ReadonlySet<string>;
}

function compare(before: JsonObject, after: JsonObject, at: Comparison): string[] {
  const pair = `${String(before['$ref'])} ${String(after['$ref'])}`;
  if (at.seen.has(pair)) return [];
  const below = { ...at, seen: '$ref' in before ? new Set([...at.seen, pair]) : at.seen };
  const [old, now] = [resolve(before, at.released), resolve(after, at.current)];
  const alternatives = listAlternatives(now);
  if (alternatives.length > 1)
    return alternatives.flatMap((alternative) => compare(old, alternative, below)).slice(0, 1);
  const allowed = listAlternatives(old);
  if (allowed.length > 1)
    return allowed.some((alternative) => compare(alternative, now, below).length === 0)
      ? []
      : [`${at.path}: may have another value`];
  return [
    ...compareValues(old, now, at.path),
    ...compareItems(old, now, below),
    ...compareProperties(old, now, below),
  ];
}

function compareValues(old: JsonObject, now: JsonObject, path: string): string[] {
  const isInteger = old['type'] === 'number' && now['type'] === 'integer';
  if ('type' in old && old['type'] !== now['type'] && !isInteger)
    return [`${path}: has the type ${String(now['type'])}`];
  if ('format' in old && old['format'] !== now['format']) return [`${path}: has another format`];
  const allowed = listValues(old);
  if (!allowed) return [];
  const values = listValues(now);
  return values?.every((value) => allowed.includes(value)) ? [] : [`${path}: may have another value`];
}

function compareItems(old: JsonObject, now: JsonObject, at: Comparison): string[] {
  if (!('items' in old)) return [];
  return compare(asObject(old['items']), asObject(now['items'] ?? {}), { ...at, path: `${at.path}[]` });
}

function compareProperties(old: JsonObject, now: JsonObject, at: Comparison): string[] {
  const properties = asObject(now['properties'] ?? {});
  const required = listRequired(now);
  return Object.entries(asObject(old['properties'] ?? {})).flatMap(([name, before]) => {
    const path = `${at.path}.${name}`;
    const after = properties[name];
    if (after === undefined) return [`${path}: is gone`];
    if (listRequired(old).includes(name) && !required.includes(name)) return [`${path}: may be absent`];
    return compare(asObject(before), asObject(after), { ...at, path });
  });
}

function resolve(schema: JsonObject, { $defs }: EventSchemaDocument): JsonObject {
  const reference = schema['$ref'];
  return typeof reference === 'string' ? ($defs[reference.replace('#/$defs/', '')] ?? {}) : schema;
}

function listAlternatives(schema: JsonObject): JsonObject[] {
  const { anyOf, type, ...rest } = schema;
  if (Array.isArray(anyOf)) return anyOf.map((each) => asObject(each));
  return Array.isArray(type) ? type.map((each: unknown) => ({ ...rest, type: each })) : [schema];
}

function listValues(schema: JsonObject): unknown[] | null {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : null;
}

function listRequired(schema: JsonObject): unknown[] {
  return Array.isArray(schema['required']) ? schema['required'] : [];
}
