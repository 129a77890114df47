import type { JsonObject } from './json-object.ts';
import { asObject, listAt, objectAt } from './json-object.ts';

/** An OpenAPI document as JSON. Only the compared parts are looked up, by name. */
export type ComparedDocument = JsonObject;

/**
 * Statements of a document about one subject, by a name that readers can find in it. Values are compared as
 * text.
 */
type Details = Map<string, string>;

/**
 * Compares an emitted document with a reference: operations (method, path, parameters, bodies, statuses) and
 * properties of named object schemas (type, required, nullable, enum, default). It ignores bounds, patterns,
 * descriptions and status ranges, and additional content of the emitted document, whose further operations
 * belong to other references.
 * @returns the differences; empty if there are none
 */
export function compareDocuments(reference: ComparedDocument, emitted: ComparedDocument): string[] {
  return [...compareOperations(reference, emitted), ...compareComponents(reference, emitted)];
}

/** The operation ids of a document. */
export function operationIds(document: ComparedDocument): string[] {
  return [...collectOperations(document).keys()];
}

function compareOperations(reference: ComparedDocument, emitted: ComparedDocument): string[] {
  const emittedOperations = collectOperations(emitted);
  return [...collectOperations(reference)].flatMap(([id, expected]) => {
    const actual = emittedOperations.get(id);
    return actual === undefined ? [`${id}: missing`] : compareDetails(id, expected, actual);
  });
}

function compareComponents(reference: ComparedDocument, emitted: ComparedDocument): string[] {
  const emittedSchemas = componentSchemas(emitted);
  return Object.entries(componentSchemas(reference)).flatMap(([name, value]) => {
    const schema = asObject(value);
    if (schema['properties'] === undefined) return [];
    if (emittedSchemas[name] === undefined) return [`${name}: missing`];
    const other = objectAt(emittedSchemas, name);
    return compareDetails(name, describeProperties(schema, reference), describeProperties(other, emitted));
  });
}

function compareDetails(subject: string, expected: Details, actual: Details): string[] {
  const names = [...new Set([...expected.keys(), ...actual.keys()])].toSorted();
  return names
    .filter((name) => expected.get(name) !== actual.get(name))
    .map((name) => {
      const [wanted, found] = [expected.get(name) ?? 'nothing', actual.get(name) ?? 'nothing'];
      return `${subject}: ${name}: expected ${wanted}, found ${found}`;
    });
}

function collectOperations(document: ComparedDocument): Map<string, Details> {
  const found = new Map<string, Details>();
  for (const [path, methods] of Object.entries(objectAt(document, 'paths'))) {
    for (const [method, operation] of Object.entries(asObject(methods))) {
      const details = describeOperation(asObject(operation), document);
      details.set('route', `${method.toUpperCase()} ${path}`);
      found.set(toText(asObject(operation)['operationId']), details);
    }
  }
  return found;
}

function describeOperation(operation: JsonObject, document: ComparedDocument): Details {
  const details: Details = new Map();
  for (const parameter of listAt(operation, 'parameters').map(asObject)) {
    const schema = objectAt(parameter, 'schema');
    const name = `${toText(parameter['in'])} parameter ${toText(parameter['name'])}`;
    details.set(name, describeMember(schema, parameter['required'] === true, document));
  }
  if (operation['requestBody'] !== undefined)
    describeContent('body', objectAt(operation, 'requestBody'), document, details);
  for (const [status, response] of Object.entries(objectAt(operation, 'responses'))) {
    if (statusRange.test(status)) continue;
    describeContent(`response ${status}`, asObject(response), document, details);
  }
  return details;
}

/** `4XX` and the like, for errors without a status of their own. */
const statusRange = /^\dXX$/;

function describeContent(
  subject: string,
  holder: JsonObject,
  document: ComparedDocument,
  details: Details,
): void {
  details.set(subject, holder['required'] === true ? 'required' : 'present');
  for (const [contentType, content] of Object.entries(objectAt(holder, 'content'))) {
    const { schema, 'x-sse-events': events } = asObject(content);
    details.set(`${subject} ${contentType}`, describeSchema(asObject(schema), document));
    for (const [event, item] of Object.entries(asObject(events))) {
      details.set(`${subject} event ${event}`, describeSchema(asObject(item), document));
    }
  }
}

function describeProperties(schema: JsonObject, document: ComparedDocument): Details {
  const required = listAt(schema, 'required');
  return new Map(
    Object.entries(objectAt(schema, 'properties')).map(([name, property]) => [
      name,
      describeMember(asObject(property), required.includes(name), document),
    ]),
  );
}

function describeMember(schema: JsonObject, required: boolean, document: ComparedDocument): string {
  const fallback = schema['default'] === undefined ? '' : `, default ${JSON.stringify(schema['default'])}`;
  return `${describeSchema(schema, document)} (${required ? 'required' : 'optional'}${fallback})`;
}

/**
 * Describes a schema as text that is independent of its notation: unions are flattened, sorted and
 * deduplicated.
 */
function describeSchema(schema: JsonObject, document: ComparedDocument): string {
  const variants = new Set(listVariants(schema, document));
  if (variants.has('number')) variants.delete('integer');
  return [...variants].toSorted().join(' | ');
}

function listVariants(schema: JsonObject, document: ComparedDocument): string[] {
  if (typeof schema['$ref'] === 'string') return listReferred(schema['$ref'], document);
  const union = schema['anyOf'] === undefined ? 'oneOf' : 'anyOf';
  if (schema[union] !== undefined)
    return listAt(schema, union).flatMap((variant) => listVariants(asObject(variant), document));
  const types = Array.isArray(schema['type']) ? listAt(schema, 'type') : [schema['type']];
  return types.map((each) => describeType(each, schema, document));
}

/** Objects among the components are referred to by name, because their properties are compared separately. */
function listReferred(reference: string, document: ComparedDocument): string[] {
  const name = reference.split('/').at(-1) ?? '';
  const schemas = componentSchemas(document);
  if (schemas[name] === undefined) return [`${name}, which is not among the components`];
  const schema = objectAt(schemas, name);
  return schema['properties'] === undefined ? listVariants(schema, document) : [name];
}

function describeType(type: unknown, schema: JsonObject, document: ComparedDocument): string {
  if (type === undefined) return 'anything';
  if (type === 'array') return `array of (${describeSchema(objectAt(schema, 'items'), document)})`;
  if (type === 'object') return describeObject(schema, document);
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  if (type === 'string' && Array.isArray(schema['enum'])) {
    return `one of ${listAt(schema, 'enum').map(toText).toSorted().join(', ')}`;
  }
  return type === 'string' && schema['format'] !== undefined
    ? `string ${toText(schema['format'])}`
    : toText(type);
}

function describeObject(schema: JsonObject, document: ComparedDocument): string {
  if (schema['properties'] !== undefined) {
    const properties = [...describeProperties(schema, document)].map(
      ([name, member]) => `${name}: ${member}`,
    );
    return `object { ${properties.toSorted().join('; ')} }`;
  }
  const values = schema['additionalProperties'];
  const free = values === undefined || values === true;
  return `map of (${free ? 'anything' : describeSchema(asObject(values), document)})`;
}

function componentSchemas(document: ComparedDocument): JsonObject {
  return objectAt(objectAt(document, 'components'), 'schemas');
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
