/**
 * Checks where a request comes from: pages of other apps are on the same site, so browsers send this app's
 * cookie with their requests.
 */
import type { Exchange } from './exchange.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request with the session cookie comes from the app's own pages, or navigates to one of them. */
export function isFromOwnPage(exchange: Exchange): boolean {
  const { request, upgradeHead } = exchange;
  const isSafe = upgradeHead === null && safeMethods.has(request.method ?? '');
  return isSafe ? isOwnReading(exchange) : isFromOwnOrigin(exchange);
}

/** For requests that change something: a WebSocket, a form, a call. */
export function isFromOwnOrigin({ request, origin }: Exchange): boolean {
  const { origin: from } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (from !== undefined) return from === origin;
  return site === 'same-origin' || site === 'none';
}

/**
 * A page that loads a response as a script can read it, and clicks can be directed into a frame. So other
 * sites and other apps may only navigate here. Over plain http browsers do not report the site, except for
 * calls, which have an origin; `response-headers.ts` covers other loads and frames.
 */
function isOwnReading({ request, origin }: Exchange): boolean {
  const { origin: from } = request.headers;
  if (from !== undefined && from !== origin) return false;
  const site = request.headers['sec-fetch-site'];
  if (site !== 'same-site' && site !== 'cross-site') return true;
  return request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
}
