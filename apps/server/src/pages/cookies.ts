/** Reads and writes the pages' cookies (RFC 6265). */

/**
 * @returns the cookie's value; null if there are two different ones. `__Host-` cookies cannot be duplicated.
 * Without TLS, another port of this host can set a second cookie for a subpath, and the two cannot be told
 * apart.
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
 * Limits a cookie to this host. Over https its name begins with `__Host-`, which makes browsers enforce that.
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
