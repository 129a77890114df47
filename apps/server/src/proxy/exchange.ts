import type { App, Visitor } from './app-gate.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request for an app, on its way through the proxy. */
export interface Exchange {
  request: IncomingMessage;
  /** Also of an upgrade: what is no WebSocket in the end is answered like any other request. */
  response: ServerResponse;
  app: App;
  /** Of the app's own host, whatever address was used. */
  origin: string;
  isSecure: boolean;
  /** Its host is that of other apps and of the console; the port alone is its own. */
  isHostShared: boolean;
  /** Path and query as the app gets them. */
  path: string;
  /** What was taken off the path: `/<label>` on the bare address, else nothing. */
  prefix: string;
  forwardedHost: string;
  forwardedProtocol: 'http' | 'https';
  /** Of whoever asks. */
  address: string;
  /** What came after the head of an upgrade; null for a plain request. */
  upgradeHead: Buffer | null;
}

export interface AdmittedExchange extends Exchange {
  visitor: Visitor;
  /** The Authorization header was for us. */
  cameWithKey: boolean;
  /** Bytes move that somebody sent or waits for: the app is in use. */
  touch: () => void;
}

/** Distinguishes visitors of one app. */
export function keyOfVisitor(visitor: Visitor): string {
  return visitor.kind === 'key' ? `key ${visitor.keyId}` : `session ${visitor.sessionId}`;
}

/** Somebody goes to a page, as opposed to what a page or a program asks for. */
export function isNavigation({ request, upgradeHead }: Exchange): boolean {
  const { method, headers } = request;
  const mode = headers['sec-fetch-mode'];
  return (
    upgradeHead === null &&
    (method === 'GET' || method === 'HEAD') &&
    /\btext\/html\b/i.test(headers.accept ?? '') &&
    (mode === undefined || mode === 'navigate')
  );
}

/**
 * Whether a request starts an app that does not run. What a page asks for that was left open does not: pages connect again by themselves
 * when their app goes idle, and it would never stay so. Going to the page does, and so do programs. (Those of Node have the header of a
 * page, so a key is looked for first.)
 */
export function mayStart(exchange: AdmittedExchange): boolean {
  const { request, cameWithKey, isHostShared } = exchange;
  if (cameWithKey) return true;
  const mode = request.headers['sec-fetch-mode'];
  // Over plain http browsers say it to their own machine only. Names are never that, ports may be.
  if (mode === undefined) return !isHostShared || isNavigation(exchange);
  return mode === 'navigate';
}
