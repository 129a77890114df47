/** Pages of other apps are of the same site, so a browser sends this app's cookie along: who asks is looked at here. */
import type { Exchange } from './exchange.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request with the session cookie comes from the app's own pages, or is somebody going to one of them. */
export function isFromOwnPage(exchange: Exchange): boolean {
  const { request, upgradeHead } = exchange;
  const isSafe = upgradeHead === null && safeMethods.has(request.method ?? '');
  return isSafe ? isOwnReading(exchange) : isFromOwnOrigin(exchange);
}

/** For what changes something: a WebSocket, a form, a call. */
export function isFromOwnOrigin({ request, origin }: Exchange): boolean {
  const { origin: from } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (from !== undefined) return from === origin;
  return site === 'same-origin' || site === 'none';
}

/**
 * What is read is no secret to the page that has it loaded as a script, and clicks go into what stands in a frame. So another site, and
 * another app, may send people here and no more. Over plain http browsers do not say so, but for calls, which name their origin; what else is
 * read there, and framed, `response-headers.ts` closes.
 */
function isOwnReading({ request, origin }: Exchange): boolean {
  const { origin: from } = request.headers;
  if (from !== undefined && from !== origin) return false;
  const site = request.headers['sec-fetch-site'];
  if (site !== 'same-site' && site !== 'cross-site') return true;
  return request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
}
