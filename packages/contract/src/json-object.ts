/** A JSON object whose properties are checked where they are read. */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the value if it is an object, otherwise an empty one. */
export function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Returns the object at a key, or an empty one. */
export function objectAt(holder: JsonObject, key: string): JsonObject {
  return asObject(holder[key]);
}

/** Returns the list at a key, or an empty one. */
export function listAt(holder: JsonObject, key: string): unknown[] {
  const value = holder[key];
  return Array.isArray(value) ? value : [];
}
