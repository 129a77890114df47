/** What of a request's head an app gets to see. */
import type { AdmittedExchange } from './exchange.ts';
import type { IncomingMessage } from 'node:http';
import { keepCookiesOfApp } from './app-cookies.ts';

/** Of one connection, not of the request (RFC 9110, 7.6.1). */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Written anew below, or words about the visitor that only we may have. */
const replaced = new Set([
  'host',
  'content-length',
  'cookie',
  // Answered here, before a byte of the body is sent on.
  'expect',
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
]);

/** Keys of ours, whatever they are good for: one may come beside a session. */
const ourKey = /^bearer\s+dlt_[a-z]+_/i;
const methodsWithBody = new Set(['POST', 'PUT', 'PATCH']);

/** Names and values in turn. Names keep their case, and what came twice stays so. */
export function headersForApp(exchange: AdmittedExchange): string[] {
  const { request } = exchange;
  const ofConnection = namesIn(request.headers.connection);
  const headers: string[] = [];
  for (const [name, value] of pairsOf(request.rawHeaders)) {
    // Servers of Python and PHP read `X_Forwarded_For` as the header with hyphens.
    const plain = name.toLowerCase().replaceAll('_', '-');
    if (hopByHop.has(plain) || replaced.has(plain) || ofConnection.has(plain)) continue;
    if (plain.startsWith('x-forwarded-')) continue;
    if (plain === 'authorization' && (exchange.cameWithKey || ourKey.test(value.trim()))) continue;
    if (plain === 'referer' && tellsSecret(value)) continue;
    headers.push(name, value);
  }
  const cookies = keepCookiesOfApp(request.headers.cookie);
  if (cookies !== null) headers.push('Cookie', cookies);
  return [...headers, ...forwardedOf(exchange), ...framingOf(exchange)];
}

function forwardedOf(exchange: AdmittedExchange): string[] {
  const told = {
    Host: new URL(exchange.origin).host,
    'X-Forwarded-For': exchange.address,
    'X-Forwarded-Host': exchange.forwardedHost,
    'X-Forwarded-Proto': exchange.forwardedProtocol,
    ...(exchange.prefix !== '' && { 'X-Forwarded-Prefix': exchange.prefix }),
  };
  return Object.entries(told).flat();
}

/** Where the body ends has to be said as the body is sent: else its rest is the next request to the app. */
function framingOf({ request, upgradeHead }: AdmittedExchange): string[] {
  if (upgradeHead) return ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
  if (request.headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  const length = request.headers['content-length'];
  if (length !== undefined) return ['Content-Length', length];
  return methodsWithBody.has(request.method ?? '') ? ['Content-Length', '0'] : [];
}

/**
 * Whether a request can be read in one way only. The parser refuses the worst (a length beside a transfer coding); what is left is what
 * two servers could understand differently.
 */
export function isPlain(request: IncomingMessage, isUpgrade: boolean): boolean {
  const { url = '', headers, rawHeaders } = request;
  const coding = headers['transfer-encoding'];
  const hosts = pairsOf(rawHeaders).filter(([name]) => name.toLowerCase() === 'host');
  const hasBody = coding !== undefined || (headers['content-length'] ?? '0') !== '0';
  return (
    url.startsWith('/') &&
    !url.includes('#') &&
    hosts.length === 1 &&
    (coding === undefined || coding.toLowerCase() === 'chunked') &&
    !(isUpgrade && hasBody)
  );
}

/** Browsers leave our pages without a referrer; this is for those that do not. */
function tellsSecret(referrer: string): boolean {
  return /\/-pumphouse\/|[?&]swap=/i.test(referrer);
}

/** The names that a Connection header lists; what tells a body's end is never of the connection alone. */
export function namesIn(connection: string | string[] | undefined): ReadonlySet<string> {
  const names = String(connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== 'content-length' && name !== 'host'));
}

export function pairsOf(rawHeaders: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return pairs;
}
