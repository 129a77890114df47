import type { AddressPolicy } from './address-policy.ts';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { ResolveHost } from './resolve-host.ts';
import { isIP } from 'node:net';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { describeFailure } from './describe-failure.ts';
import { findUrlProblem, plainHost } from './target-url.ts';

export interface OutboundRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export type OutboundResult =
  /** `body`: the first characters of the answer. */
  | { kind: 'answered'; status: number; body: string; retryAfter: string | null }
  /** The request was not sent: `address_not_allowed`, `https_required` or `invalid_url`. */
  | { kind: 'refused'; reason: string }
  /** `timeout`, `dns_failed`, `connection_refused`, `connection_failed`, `tls_failed` or `invalid_answer`. */
  | { kind: 'unanswered'; reason: string };

export interface OutboundHttp {
  /**
   * Posts a body, and never follows a redirect or uses a proxy. Never throws: errors of the connection could
   * contain the URL, which may be secret.
   * @param signal aborts the request, which is then `unanswered`
   */
  post(request: OutboundRequest, signal?: AbortSignal): Promise<OutboundResult>;
}

export interface OutboundOptions {
  policy: AddressPolicy;
  /** Resolves names that users chose. */
  resolve: ResolveHost;
  /** Resolves names that an operator allowed. */
  resolveAllowed: ResolveHost;
  /** Certificates of authorities that are trusted instead of the usual ones. */
  ca?: string;
  limits?: { totalMs: number; bodyMs: number };
}

/** `totalMs`: until the status is known. `bodyMs`: for the excerpt of the answer after that. */
const defaultLimits = { totalMs: 10_000, bodyMs: 2000 };
const maxHeaderBytes = 16 * 1024;
const maxBodyBytes = 2048;
const maxAddresses = 8;

export function createOutboundHttp(options: OutboundOptions): OutboundHttp {
  const { policy, limits = defaultLimits } = options;

  /** @returns the addresses to connect to; a reason if none of them may be reached */
  async function findAddresses(url: URL): Promise<string[] | { refused: string } | { failed: string }> {
    const host = plainHost(url);
    const isAllowedHost = policy.isAllowedHost(host);
    let addresses: string[];
    try {
      const resolve = isAllowedHost ? options.resolveAllowed : options.resolve;
      addresses = isIP(host) === 0 ? (await resolve(host)).slice(0, maxAddresses) : [host];
    } catch {
      return { failed: 'dns_failed' };
    }
    const isAllowed = isAllowedHost || addresses.every((address) => policy.isAllowedAddress(address));
    // One internal address is enough to refuse a name: no answer may choose which one is used.
    const others = addresses.filter((address) => !policy.isAllowedAddress(address));
    const isPublic = (await Promise.all(others.map((address) => policy.isPublic(address)))).every(Boolean);
    if (!isAllowed && !isPublic) return { refused: 'address_not_allowed' };
    if (url.protocol === 'http:' && !isAllowed) return { refused: 'https_required' };
    return addresses;
  }

  return {
    async post({ url: text, headers, body }, signal) {
      if (findUrlProblem(text) !== null) return { kind: 'refused', reason: 'invalid_url' };
      const url = new URL(text);
      const deadline = AbortSignal.any([AbortSignal.timeout(limits.totalMs), ...(signal ? [signal] : [])]);
      const found = await raceAgainst(deadline, findAddresses(url));
      if (found === null) return { kind: 'unanswered', reason: 'timeout' };
      if (!Array.isArray(found))
        return 'refused' in found
          ? { kind: 'refused', reason: found.refused }
          : { kind: 'unanswered', reason: found.failed };
      try {
        const response = await sendTo(found, { url, headers, body, deadline, ca: options.ca });
        const excerpt = await readExcerpt(response, limits.bodyMs);
        const { 'retry-after': retryAfter } = response.headers;
        return {
          kind: 'answered',
          status: response.statusCode ?? 0,
          body: excerpt,
          retryAfter: retryAfter ?? null,
        };
      } catch (error) {
        return { kind: 'unanswered', reason: deadline.aborted ? 'timeout' : describeFailure(error) };
      }
    },
  };
}

/** @returns null if the deadline came first */
async function raceAgainst<Result>(deadline: AbortSignal, work: Promise<Result>): Promise<Result | null> {
  const late = Promise.withResolvers<null>();
  const onAbort = () => late.resolve(null);
  deadline.addEventListener('abort', onAbort, { once: true });
  if (deadline.aborted) onAbort();
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    deadline.removeEventListener('abort', onAbort);
  }
}

/** Connects to one of these addresses, whatever the name resolves to by now, and resolves with the header. */
function sendTo(
  addresses: readonly string[],
  request: {
    url: URL;
    headers: Readonly<Record<string, string>>;
    body: string;
    deadline: AbortSignal;
    ca: string | undefined;
  },
): Promise<IncomingMessage> {
  const { url, headers, body, deadline, ca } = request;
  const checked = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first] = checked;
  const lookupChecked: LookupFunction = (_hostname, options, callback) => {
    if (options.all) callback(null, checked);
    else callback(null, first?.address ?? '', first?.family);
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const outgoing: ClientRequest = send(url, {
    method: 'POST',
    // A connection of its own: none is kept for another request, and no proxy of the environment is used.
    agent: false,
    lookup: lookupChecked,
    signal: deadline,
    maxHeaderSize: maxHeaderBytes,
    headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
    ...(ca !== undefined && { ca }),
  });
  // Also after the header: an error of the connection then ends the answer, which `readExcerpt` observes.
  outgoing.on('error', reject);
  outgoing.once('response', resolve);
  // A receiver may not continue with another protocol.
  outgoing.once('upgrade', (_response, socket) => {
    socket.destroy();
    reject(new Error('The receiver changed the protocol'));
  });
  outgoing.end(body);
  return promise;
}

/** Reads the beginning of an answer, and closes the connection. An answer that stops early is cut there. */
async function readExcerpt(response: IncomingMessage, maxMs: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(() => response.destroy(), maxMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= maxBodyBytes) break;
    }
  } catch {
    // The status is known; the excerpt is only for people.
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8');
}
