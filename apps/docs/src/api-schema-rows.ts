import { asObject, type JsonObject } from '@pumphouse/contract';

/** A field of a body: its dotted path, its type, and whether it is required. */
export interface FieldRow {
  name: string;
  type: string;
  isRequired: boolean;
}

/** Fields below this depth are shown as the name of their type. */
const maxDepth = 3;
const prefix = '#/components/schemas/';

/** Lists the fields of a JSON schema, those of nested objects with dotted names. */
export function listFields(schema: JsonObject, components: Record<string, JsonObject>): FieldRow[] {
  const listBelow = (given: JsonObject, path: string, depth: number): FieldRow[] => {
    const object = resolve(unwrapNullable(given), components);
    if (object['type'] === 'array') {
      return listBelow(asObject(object['items'] ?? {}), `${path}[]`, depth);
    }
    const required = Array.isArray(object['required']) ? object['required'] : [];
    return Object.entries(asObject(object['properties'] ?? {})).flatMap(([name, property]) => {
      const full = path === '' ? name : `${path}.${name}`;
      const own = asObject(property);
      const row = { name: full, type: describeType(own, components), isRequired: required.includes(name) };
      return depth < maxDepth ? [row, ...listBelow(own, full, depth + 1)] : [row];
    });
  };
  return listBelow(schema, '', 1);
}

/** Describes a type in a few words: `string (uuid)`, `"on" or "off"`, `array of integer`. */
export function describeType(given: JsonObject, components: Record<string, JsonObject>): string {
  const schema = resolve(given, components);
  const options = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(options)) {
    return unique(options.map((option) => describeType(asObject(option), components))).join(' or ');
  }
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' or ');
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (schema['type'] === 'array') {
    return `array of ${describeType(asObject(schema['items'] ?? {}), components)}`;
  }
  const type = typeof schema['type'] === 'string' ? schema['type'] : 'any';
  const details = [schema['format'], describeBounds(schema), describeDefault(given)];
  const shown = details.filter((detail) => typeof detail === 'string');
  return shown.length === 0 ? type : `${type} (${shown.join(', ')})`;
}

function describeBounds({ minimum, maximum, maxLength }: JsonObject): string | undefined {
  if (typeof minimum === 'number' && typeof maximum === 'number') return `${minimum} to ${maximum}`;
  if (typeof minimum === 'number') return `at least ${minimum}`;
  if (typeof maximum === 'number') return `at most ${maximum}`;
  return typeof maxLength === 'number' ? `at most ${maxLength} characters` : undefined;
}

function describeDefault(schema: JsonObject): string | undefined {
  return 'default' in schema ? `default ${JSON.stringify(schema['default'])}` : undefined;
}

function resolve(schema: JsonObject, components: Record<string, JsonObject>): JsonObject {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  return components[reference.slice(prefix.length)] ?? schema;
}

/** `X or null` has the fields of X. */
function unwrapNullable(schema: JsonObject): JsonObject {
  const options = schema['anyOf'];
  if (!Array.isArray(options)) return schema;
  const others = options.map((option) => asObject(option)).filter((option) => option['type'] !== 'null');
  return others.length === 1 && others[0] ? others[0] : schema;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
