import { z } from 'zod';

/** Names of schemas that become components of the emitted OpenAPI document. */
export const components = z.registry<{ id: string }>();

/** A UUID in its 36-character form, of any version. */
export const uuid = z.guid();

/** An instant as ISO 8601 text with a zone (`Z` or an offset) and any number of fraction digits. */
export const timestamp = z.iso.datetime({ offset: true });

/** A request body: unknown properties are dropped. */
export function requestObject<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  return z.object(shape).register(components, { id });
}

/**
 * A response body: unknown properties are kept, so that a newer server can send more than an older client
 * knows. The type contains only the known properties, so that a misspelt one is a compile error.
 */
export function responseObject<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  const schema: unknown = z.looseObject(shape).register(components, { id });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return schema as z.ZodObject<Shape>;
}

/** A body with unknown properties of a third party, which are kept unchanged, also in the type. */
export function verbatimObject<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  return z.looseObject(shape).register(components, { id });
}

/** A closed enum: other values are rejected, and make the dlthub client fail when it reads them. */
export function namedEnum<const Values extends readonly [string, ...string[]]>(id: string, values: Values) {
  return z.enum(values).register(components, { id });
}

/** An open enum: readers must expect new values, so other strings pass. */
export function openEnum<Schema extends z.ZodType<string>>(known: Schema) {
  return z.union([known, z.string() as z.ZodType<string & {}, string & {}>]);
}
