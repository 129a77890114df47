/** Our cookies on the hosts of apps: an app neither sees them nor sets them. */
import type { Exchange } from './exchange.ts';
import { cookieName, readCookie, writeCookie } from '../pages/cookies.ts';

type CookiePlace = Pick<Exchange, 'app' | 'isSecure'>;

/** Has the app in its name: cookies are of a host, whatever its port, and apps may have ports of one host. */
const sessionCookieOf = ({ app, isSecure }: CookiePlace) =>
  cookieName(`pumphouse-app-${app.label}`, isSecure);

export function readSessionSecret(header: string | undefined, place: CookiePlace): string | null {
  return readCookie(header, sessionCookieOf(place));
}

/** @param seconds 0 removes it */
export function writeSessionCookie(place: CookiePlace, secret: string, seconds: number): string {
  return writeCookie(sessionCookieOf(place), secret, { seconds, isSecure: place.isSecure });
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
