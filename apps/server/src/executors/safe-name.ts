/** Whether a name is always a single path component. */
export function isSafeName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/.test(name);
}
