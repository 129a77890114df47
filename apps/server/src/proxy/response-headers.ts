/** What of an answer's head goes on to the visitor. */
import type { Exchange } from './exchange.ts';
import { hopByHop, namesIn, pairsOf } from './request-headers.ts';
import { maySetCookie } from './app-cookies.ts';

/** What an app would say for more than itself; docs/decisions/0038-proxy-of-apps.md has the reason for each. */
const notForAppsToSay = new Set([
  'alt-svc',
  'expect-ct',
  'nel',
  'public-key-pins',
  'public-key-pins-report-only',
  'set-cookie2',
  'strict-transport-security',
]);

/** The directives of Clear-Site-Data that end at the origin; `cookies` and `*` sign people out of the whole domain. */
const ownData = new Set(['"cache"', '"storage"', '"executioncontexts"']);

/**
 * Other ports of a host are the same site, so browsers send this app's cookie along, and over plain http they do not say that another app's page
 * asks: they are told here to show it nothing of what they got, neither in a frame nor otherwise.
 */
const closedToOtherPorts = [
  'Content-Security-Policy',
  "frame-ancestors 'self'",
  'Cross-Origin-Resource-Policy',
  'same-origin',
];

/** Names and values in turn. */
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
  // Before 2021 browsers sent whole addresses to other sites, and some that are built into programs do so still.
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
  // On its own host an app has the whole origin anyway; below a prefix the widest scope would be that of all apps.
  if (name === 'service-worker-allowed') return isBare ? null : value;
  if (name === 'location' && isBare) return addPrefix(value, exchange);
  return value;
}

function keepOwnData(value: string): string | null {
  const kept = value.split(',').filter((one) => ownData.has(one.trim().toLowerCase()));
  return kept.length === 0 ? null : kept.join(',').trim();
}

/** A redirect to another path of the app goes through the prefix again; who follows it to the app's own host may lose its key there. */
function addPrefix(location: string, { prefix, origin }: Exchange): string {
  const path = location.startsWith(`${origin}/`) ? location.slice(origin.length) : location;
  return path.startsWith('/') && !path.startsWith('//') ? `${prefix}${path}` : location;
}
