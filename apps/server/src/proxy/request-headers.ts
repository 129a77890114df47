/** Which parts of a request's headers an app sees. */
import type { AdmittedExchange } from './exchange.ts';
import type { AppGate } from './app-gate.ts';
import type { IncomingMessage } from 'node:http';
import { keepCookiesOfApp } from './app-cookies.ts';

/** Hop-by-hop headers (RFC 9110, 7.6.1). */
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

/** Rewritten below, or statements about the visitor that only the proxy may make. */
const replaced = new Set([
  'host',
  'content-length',
  'cookie',
  // Answered by the proxy before it forwards any of the body.
  'expect',
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
]);

/** Any key of this server. */
const ourKey = /^dlt_[a-z]+_/;
const methodsWithBody = new Set(['POST', 'PUT', 'PATCH']);

/** Alternating names and values. Names keep their case, and duplicates are kept. */
export function headersForApp(exchange: AdmittedExchange, gate: Pick<AppGate, 'isOwnToken'>): string[] {
  const { request } = exchange;
  const ofConnection = namesIn(request.headers.connection);
  const headers: string[] = [];
  for (const [name, value] of pairsOf(request.rawHeaders)) {
    // Python and PHP servers read `X_Forwarded_For` as the header with hyphens.
    const plain = name.toLowerCase().replaceAll('_', '-');
    if (hopByHop.has(plain) || replaced.has(plain) || ofConnection.has(plain)) continue;
    if (plain.startsWith('x-forwarded-')) continue;
    if (plain === 'authorization' && (exchange.isFromKey || isOurs(value, gate))) continue;
    if (plain === 'referer' && containsSecret(value)) continue;
    headers.push(name, value);
  }
  const cookies = keepCookiesOfApp(request.headers.cookie);
  if (cookies !== null) headers.push('Cookie', cookies);
  return [...headers, ...forwardedOf(exchange), ...framingOf(exchange)];
}

/**
 * Whether an Authorization header has a key or a token of this server, valid or not: a request may have one in
 * addition to a session, and the app could act with it as the visitor.
 */
function isOurs(authorization: string, gate: Pick<AppGate, 'isOwnToken'>): boolean {
  const credential = authorization.trim().replace(/^\S+\s+/, '');
  return ourKey.test(credential) || gate.isOwnToken(credential);
}

function forwardedOf(exchange: AdmittedExchange): string[] {
  const forwarded = {
    Host: new URL(exchange.origin).host,
    'X-Forwarded-For': exchange.address,
    'X-Forwarded-Host': exchange.forwardedHost,
    'X-Forwarded-Proto': exchange.forwardedProtocol,
    ...(exchange.prefix !== '' && { 'X-Forwarded-Prefix': exchange.prefix }),
  };
  return Object.entries(forwarded).flat();
}

/** The framing must match the body sent; otherwise the app reads its rest as the next request. */
function framingOf({ request, upgradeHead }: AdmittedExchange): string[] {
  if (upgradeHead) return ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
  if (request.headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  const length = request.headers['content-length'];
  if (length !== undefined) return ['Content-Length', length];
  return methodsWithBody.has(request.method ?? '') ? ['Content-Length', '0'] : [];
}

/**
 * Whether a request is unambiguous. The parser rejects the worst case (a length together with a transfer
 * coding); this checks what two servers could interpret differently.
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

/** Browsers send no referrer from our pages; this is for those that do. */
function containsSecret(referrer: string): boolean {
  return /\/-pumphouse\/|[?&]swap=/i.test(referrer);
}

/**
 * The names listed in a Connection header, except headers that frame the body or name the host, which are
 * never hop-by-hop.
 */
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
