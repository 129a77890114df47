/**
 * Reports whether a text is a UUID. The database rejects comparison with other texts, so callers check first.
 */
export function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}
