/** Cookies as pages read and write them (RFC 6265). */

/**
 * @returns the value of the cookie with that name; null where there are two that differ. Names with `__Host-` cannot be there twice. Without
 * TLS whoever has another port of this host can set a second one, for a path below ours, and which of the two is ours cannot be told.
 */
export function readCookie(header: string | undefined, name: string): string | null {
  const values = new Set<string>();
  for (const part of header?.split(';') ?? []) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) values.add(part.slice(equals + 1).trim());
  }
  const [value = ''] = values;
  return values.size === 1 && value !== '' ? value : null;
}

/**
 * For this host and no other. Over https its name begins with `__Host-`, with which a browser takes it only so.
 * @param seconds 0 removes it
 */
export function writeCookie(
  name: string,
  value: string,
  { seconds, isSecure }: { seconds: number; isSecure: boolean },
): string {
  return [
    `${name}=${value}`,
    'Path=/',
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}

export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name;
}
