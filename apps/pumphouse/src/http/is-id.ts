const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Whether a text is the id of an object, rather than its name. */
export function isId(text: string): boolean {
  return uuid.test(text);
}
