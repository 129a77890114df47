/** The session cookie on apps' hosts, which apps can neither read nor set. */
import type { Exchange } from './exchange.ts';
import { cookieName, readCookie, writeCookie } from '../pages/cookies.ts';

type CookieScope = Pick<Exchange, 'app' | 'isSecure'>;

/** The name contains the app, because cookies ignore ports, and apps may be ports of one host. */
const sessionCookieOf = ({ app, isSecure }: CookieScope) =>
  cookieName(`pumphouse-app-${app.label}`, isSecure);

export function readSessionSecret(header: string | undefined, scope: CookieScope): string | null {
  return readCookie(header, sessionCookieOf(scope));
}

/** @param seconds 0 removes it */
export function writeSessionCookie(scope: CookieScope, secret: string, seconds: number): string {
  return writeCookie(sessionCookieOf(scope), secret, { seconds, isSecure: scope.isSecure });
}

/** Returns the app's own cookies of a request; null if there are none. */
export function keepCookiesOfApp(header: string | undefined): string | null {
  const kept = (header ?? '').split(';').filter((pair) => pair.trim() !== '' && !isOurs(pair));
  return kept.length === 0 ? null : kept.map((pair) => pair.trim()).join('; ');
}

/**
 * Whether an app may set this cookie. Reserved names are not allowed, and neither is a Domain, which would
 * apply to other apps. An empty Domain is rejected too: some browsers take it as the own host and others
 * ignore it, and it serves no purpose.
 */
export function maySetCookie(line: string): boolean {
  const [pair = '', ...attributes] = line.split(';');
  const hasDomain = attributes.some((one) => one.split('=', 1)[0]?.trim().toLowerCase() === 'domain');
  return !hasDomain && !isOurs(pair);
}

/**
 * Compares names without case and without the prefixes that browsers treat specially. Browsers send a pair
 * without a name (`=value`) back as the bare value, which then reads as a name.
 */
function isOurs(pair: string): boolean {
  const [name = ''] = pair.replace(/^[\s=]+/, '').split('=', 1);
  const bare = name
    .trim()
    .toLowerCase()
    .replace(/^(?:__(?:host|secure|http)-|http-)+/, '');
  return bare === 'pumphouse' || bare.startsWith('pumphouse-');
}
