/** Which parts of a response's headers reach the visitor. */
import type { Exchange } from './exchange.ts';
import { hopByHop, namesIn, pairsOf } from './request-headers.ts';
import { maySetCookie } from './app-cookies.ts';

/**
 * Headers with effects beyond the app itself; docs/decisions/0038-proxy-of-apps.md has the reason for each.
 */
const notForAppsToSay = new Set([
  'alt-svc',
  'expect-ct',
  'nel',
  'public-key-pins',
  'public-key-pins-report-only',
  'set-cookie2',
  'strict-transport-security',
]);

/**
 * Directives of Clear-Site-Data limited to the origin; `cookies` and `*` would sign users out of the whole
 * domain.
 */
const ownData = new Set(['"cache"', '"storage"', '"executioncontexts"']);

/**
 * Other ports of a host are the same site, so browsers send this app's cookie with their requests, and over
 * plain http they do not report the requesting page. These headers forbid browsers to show it the response,
 * in a frame or otherwise.
 */
const closedToOtherPorts = [
  'Content-Security-Policy',
  "frame-ancestors 'self'",
  'Cross-Origin-Resource-Policy',
  'same-origin',
];

/** Alternating names and values. */
export function headersFromApp(rawHeaders: readonly string[], exchange: Exchange): string[] {
  const pairs = pairsOf(rawHeaders);
  const connection = pairs.filter(([name]) => name.toLowerCase() === 'connection').map(([, value]) => value);
  const ofConnection = namesIn(connection.join(','));
  const headers = pairs.flatMap(([name, value]) => {
    const plain = name.toLowerCase();
    if (hopByHop.has(plain) || ofConnection.has(plain) || notForAppsToSay.has(plain)) return [];
    const kept = keep(plain, value, exchange);
    return kept === null ? [] : [name, kept];
  });
  // Before 2021 browsers sent whole URLs as referrer to other sites, and some embedded browsers still do.
  if (!pairs.some(([name]) => name.toLowerCase() === 'referrer-policy'))
    headers.push('Referrer-Policy', 'strict-origin-when-cross-origin');
  if (exchange.isHostShared && exchange.prefix === '') headers.push(...closedToOtherPorts);
  return headers;
}

function keep(name: string, value: string, exchange: Exchange): string | null {
  const isBare = exchange.prefix !== '';
  if (name === 'set-cookie') return !isBare && maySetCookie(value) ? value : null;
  if (name === 'cross-origin-resource-policy') return exchange.isHostShared ? null : value;
  if (name === 'clear-site-data') return keepOwnData(value);
  // On its own host an app controls the whole origin anyway; below a prefix the maximum scope would cover all
  // apps.
  if (name === 'service-worker-allowed') return isBare ? null : value;
  if (name === 'location' && isBare) return addPrefix(value, exchange);
  return value;
}

function keepOwnData(value: string): string | null {
  const kept = value.split(',').filter((one) => ownData.has(one.trim().toLowerCase()));
  return kept.length === 0 ? null : kept.join(',').trim();
}

/** Keeps redirects within the app below the prefix; on the app's own host the client might drop its key. */
function addPrefix(location: string, { prefix, origin }: Exchange): string {
  const path = location.startsWith(`${origin}/`) ? location.slice(origin.length) : location;
  return path.startsWith('/') && !path.startsWith('//') ? `${prefix}${path}` : location;
}
