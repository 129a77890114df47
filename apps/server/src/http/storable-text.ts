import { isPlainObject } from '../domain/primitives/plain-object.ts';
import { ServiceError } from '../platform/service-error.ts';

/**
 * Refuses text that PostgreSQL cannot store, wherever in the value it is: NUL characters, and halves of
 * characters that JSON can write as `\ud800`. One check for all operations, so that no schema can forget it.
 * @throws ServiceError invalid_request that names the field
 */
export function requireStorableText(part: string, value: unknown): void {
  const path = findUnstorable(value);
  if (!path) return;
  const key = path.join('.') || part;
  const message = 'must be valid Unicode without NUL characters';
  throw new ServiceError('invalid_request', `The ${part} is not valid: ${key}: ${message}.`, [
    { key, message },
  ]);
}

/** Returns the path to the first text that cannot be stored, or null. */
function findUnstorable(value: unknown): string[] | null {
  if (typeof value === 'string') return isStorable(value) ? null : [];
  if (!Array.isArray(value) && !isPlainObject(value)) return null;
  for (const [name, item] of Object.entries(value)) {
    if (!isStorable(name)) return [];
    const path = findUnstorable(item);
    if (path) return [name, ...path];
  }
  return null;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
