import { z } from 'zod';

/** Names of the schemas that become components of the emitted OpenAPI document. */
export const components = z.registry<{ id: string }>();

/** A UUID in its 36 character form, of any version. */
export const uuid = z.guid();

/** An instant as ISO 8601 text with a zone (`Z` or an offset), any number of fraction digits. */
export const timestamp = z.iso.datetime({ offset: true });

/** Text of a request. PostgreSQL stores no NUL character, so one is refused here instead of failing there. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not contain a NUL character');

/** A body that the server reads: unknown properties are dropped. */
export function requestObject<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  return z.object(shape).register(components, { id });
}

/**
 * A body that the server writes: unknown properties are kept, so a newer server can say more than an older
 * client knows. The type names only the known properties, so that a misspelt one is a compile error.
 */
export function responseObject<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  const schema: unknown = z.looseObject(shape).register(components, { id });
  return schema as z.ZodObject<Shape>;
}

/** A body whose unknown properties belong to somebody else and travel on unchanged, also in the type. */
export function verbatimObject<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  return z.looseObject(shape).register(components, { id });
}

/** A closed list of words: a value outside it is refused, and makes the dlthub client fail when it reads it. */
export function namedEnum<const Values extends readonly [string, ...string[]]>(id: string, values: Values) {
  return z.enum(values).register(components, { id });
}

/** A list of words that readers must expect to grow: other strings pass. */
export function openEnum<Schema extends z.ZodType<string>>(known: Schema) {
  return z.union([known, z.string() as z.ZodType<string & {}, string & {}>]);
}
