/** Whether a text is a UUID: a database refuses to compare with anything else, so nobody asks it for what cannot be there. */
export function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}
