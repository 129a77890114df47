import type { App, Visitor } from './app-gate.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request for an app, on its way through the proxy. */
export interface Exchange {
  request: IncomingMessage;
  /** Also set for an upgrade, so that a request that is not a WebSocket after all can be answered. */
  response: ServerResponse;
  app: App;
  /** Origin of the app's own host, whatever URL was requested. */
  origin: string;
  isSecure: boolean;
  /** The app shares its host with other apps and the console; only its port is its own. */
  isHostShared: boolean;
  /** Path and query as sent to the app. */
  path: string;
  /** Prefix removed from the path: `/<label>` on the bare address, otherwise empty. */
  prefix: string;
  forwardedHost: string;
  forwardedProtocol: 'http' | 'https';
  /** Address of the visitor. */
  address: string;
  /** Bytes received after the headers of an upgrade; null for a plain request. */
  upgradeHead: Buffer | null;
}

export interface AdmittedExchange extends Exchange {
  visitor: Visitor;
  /** The Authorization header was for the proxy. */
  isFromKey: boolean;
  /** Called when bytes are transferred: the app is in use. */
  touch: () => void;
}

/** Distinguishes visitors of one app. */
export function keyOfVisitor(visitor: Visitor): string {
  return visitor.kind === 'key' ? `key ${visitor.keyId}` : `session ${visitor.sessionId}`;
}

/** Whether a user navigates to a page, as opposed to a request by a page or a program. */
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
 * Whether a request starts a stopped app. Requests of a page left open do not: pages reconnect on their own
 * when their app goes idle, so it would never stay stopped. Navigating to the page does, and so do programs.
 * (Programs on Node send the same header as pages, so check for a key first.)
 */
export function mayStart(exchange: AdmittedExchange): boolean {
  const { request, isFromKey, isHostShared } = exchange;
  if (isFromKey) return true;
  const mode = request.headers['sec-fetch-mode'];
  // Over plain http, browsers send this header only to their own machine. Named hosts are always local then,
  // ports may not be.
  if (mode === undefined) return !isHostShared || isNavigation(exchange);
  return mode === 'navigate';
}
