import { z } from 'zod';
import type { JsonObject } from './json-object.ts';
import type { MultipartBody, ResponseBody, Route, StreamedBody } from './route.ts';
import { asObject } from './json-object.ts';
import { isMultipartBody, isStreamedBody } from './route.ts';
import { routes } from './routes.ts';
import { eventSchemas } from './schemas/events/events.ts';
import { errorResponse } from './schemas/errors.ts';
import { components } from './schemas/primitives.ts';

/** The result of `emitOpenApi`, as far as this package uses it. */
export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string };
  paths: Record<string, Record<string, JsonObject>>;
  /** Requests that the server sends to event subscriptions, by event type. */
  webhooks: Record<string, { post: JsonObject }>;
  components: { schemas: Record<string, JsonObject>; securitySchemes: JsonObject };
}

const componentPrefix = '#/components/schemas/';

/**
 * Emits the OpenAPI 3.1 document of the route table. Schemas describe requests: a property with a default is
 * not required. Named schemas become components, under the names in the dlthub client's own documents.
 */
export function emitOpenApi(options: { version?: string; table?: readonly Route[] } = {}): OpenApiDocument {
  const { version = '0.1.0', table = routes } = options;
  const schemas = emitComponents();
  const paths: OpenApiDocument['paths'] = {};
  for (const route of table) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = emitOperation(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Pumphouse', version },
    paths,
    webhooks: emitWebhooks(),
    components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

function emitComponents(): Record<string, JsonObject> {
  const { schemas } = z.toJSONSchema(components, { ...emission, uri: (id) => componentPrefix + id });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [id, withoutKeys(schema, ['$id', '$schema'])]),
  );
}

function emitWebhooks(): OpenApiDocument['webhooks'] {
  const emitted = Object.entries(eventSchemas).map(([type, { description, schema }]) => {
    const content = { 'application/cloudevents+json': { schema: emitSchema(schema) } };
    const responses = { '2XX': { description: 'The receiver accepts the event' } };
    const post = { summary: description, requestBody: { required: true, content }, responses };
    return [type, { post }];
  });
  return Object.fromEntries(emitted);
}

function emitOperation(route: Route): JsonObject {
  const parameters = [...emitParameters('path', route.params), ...emitParameters('query', route.query)];
  return {
    operationId: route.operationId,
    tags: [route.surface],
    security: route.credential === 'none' ? [] : [{ bearer: [] }],
    'x-credential': route.credential,
    'x-permission': route.permission,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: emitRequestBody(route.body) }),
    responses: emitResponses(route),
  };
}

function emitParameters(location: 'path' | 'query', object: z.ZodObject | undefined): JsonObject[] {
  return Object.entries<z.ZodType>(object?.shape ?? {}).map(([name, schema]) => {
    const required = !schema.safeParse(undefined).success;
    return { name, in: location, required, schema: emitParameterSchema(schema) };
  });
}

/**
 * An optional parameter without a default may also be null, which means that it is omitted. Defaults are
 * added here because zod omits them for schemas that parse text.
 */
function emitParameterSchema(schema: z.ZodType): JsonObject {
  if (schema instanceof z.ZodOptional) return emitSchema(z.nullable(schema.unwrap()));
  if (!(schema instanceof z.ZodDefault)) return emitSchema(schema);
  return { ...emitSchema(schema.unwrap()), default: schema.def.defaultValue };
}

function emitRequestBody(body: z.ZodType | MultipartBody): JsonObject {
  const [contentType, schema] = isMultipartBody(body)
    ? ['multipart/form-data', body.multipart]
    : ['application/json', body];
  return { required: true, content: { [contentType]: { schema: emitSchema(schema) } } };
}

function emitResponses(route: Route): JsonObject {
  const successes = Object.entries(route.responses).map(([status, body]) => [status, emitSuccess(body)]);
  const error = {
    description: 'Error',
    content: { 'application/json': { schema: emitSchema(errorResponse) } },
  };
  return {
    ...Object.fromEntries(successes),
    ...Object.fromEntries([...route.errors, ...undeclaredErrors].map((status) => [String(status), error])),
  };
}

/**
 * Errors that the reference declares no status for but any operation may return: no access, a body that is
 * too large or has the wrong type, a stopping server. All have the common error format.
 */
const undeclaredErrors = ['4XX', '5XX'];

function emitSuccess(body: ResponseBody): JsonObject {
  if (body === null) return { description: 'No content' };
  if (!isStreamedBody(body)) {
    return { description: 'Success', content: { 'application/json': { schema: emitSchema(body) } } };
  }
  if (body.contentType === 'text/plain') {
    return { description: 'Text', content: { [body.contentType]: { schema: emitSchema(body.item) } } };
  }
  if (body.contentType === 'application/gzip') {
    return { description: 'An archive', content: { [body.contentType]: { schema: emitSchema(body.item) } } };
  }
  if (body.contentType === 'application/x-ndjson') {
    const content = { schema: emitSchema(body.item), 'x-framing': 'ndjson' };
    return { description: 'One item a line', content: { [body.contentType]: content } };
  }
  const content = { schema: {}, 'x-framing': 'sse', 'x-sse-events': emitEvents(body) };
  return { description: 'An event for each item', content: { [body.contentType]: content } };
}

function emitEvents({ item, events }: StreamedBody): JsonObject {
  const errorEvent = { type: 'object', properties: { error: { type: 'string' } } };
  if (events === undefined) return { log: emitSchema(item), error: errorEvent };
  return Object.fromEntries(Object.entries(events).map(([name, data]) => [name, emitSchema(data)]));
}

/** Emits a schema outside the components; named schemas in it become references to their components. */
function emitSchema(schema: z.core.$ZodType): JsonObject {
  const name = components.get(schema)?.id;
  if (name !== undefined) return { $ref: componentPrefix + name };
  const emitted = withoutKeys(z.toJSONSchema(schema, emission), ['$schema', '$defs']);
  return asObject(JSON.parse(JSON.stringify(emitted).replaceAll('"#/$defs/', `"${componentPrefix}`)));
}

const emission = {
  io: 'input',
  target: 'draft-2020-12',
  metadata: components,
  override: ({ jsonSchema }) => tidy(jsonSchema),
} as const satisfies z.core.ToJSONSchemaParams;

/** Removes noise for readers of the document: patterns behind formats, and the bounds of safe integers. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.contentEncoding === 'binary') delete schema.contentEncoding;
  delete schema.propertyNames;
  const { additionalProperties } = schema;
  const takesAnything =
    typeof additionalProperties === 'object' && Object.keys(additionalProperties).length === 0;
  if (takesAnything && schema.properties !== undefined) delete schema.additionalProperties;
}

function withoutKeys(schema: object, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}
