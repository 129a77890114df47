/** Our cookies on the hosts of apps: an app neither sees them nor sets them. */
import { cookieName, readCookie, writeCookie } from '../pages/cookies.ts';

const sessionCookie = 'pumphouse-app';

export function readSessionSecret(header: string | undefined, isSecure: boolean): string | null {
  return readCookie(header, cookieName(sessionCookie, isSecure));
}

/** @param seconds 0 removes it */
export function writeSessionCookie(secret: string, seconds: number, isSecure: boolean): string {
  return writeCookie(cookieName(sessionCookie, isSecure), secret, { seconds, isSecure });
}

/** Of a request's cookies, those that are the app's; null where there is none. */
export function keepCookiesOfApp(header: string | undefined): string | null {
  const kept = (header ?? '').split(';').filter((pair) => pair.trim() !== '' && !isOurs(pair));
  return kept.length === 0 ? null : kept.map((pair) => pair.trim()).join('; ');
}

/**
 * Whether an app may set this cookie: none with a name of ours, and none for more than its own host, where it would reach other apps.
 * An empty Domain means the own host to some browsers and was ignored by others: it is no way to write anything, so it goes too.
 */
export function maySetCookie(line: string): boolean {
  const [pair = '', ...attributes] = line.split(';');
  const hasDomain = attributes.some((one) => one.split('=', 1)[0]?.trim().toLowerCase() === 'domain');
  return !hasDomain && !isOurs(pair);
}

/**
 * Names are compared without regard to case and to the prefixes that browsers know. A pair without a name (`=value`) is sent back as its
 * value alone, which then reads as a name.
 */
function isOurs(pair: string): boolean {
  const [name = ''] = pair.replace(/^[\s=]+/, '').split('=', 1);
  const bare = name
    .trim()
    .toLowerCase()
    .replace(/^(?:__(?:host|secure|http)-|http-)+/, '');
  return bare === 'pumphouse' || bare.startsWith('pumphouse-');
}
