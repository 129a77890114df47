/** Serves one request: authenticates the visitor, checks the app's state, and forwards the request. */
import type { AdmittedExchange, Exchange } from './exchange.ts';
import type { AppConnections } from './app-connections.ts';
import type { AppGate, AppState, Visitor } from './app-gate.ts';
import type { AppsHosts } from './hosts.ts';
import type { AppsLimits, createOpenCounts } from './limits.ts';
import type { AppsLog } from './apps-log.ts';
import type { createWaiting } from './waiting.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenConnections } from './open-connections.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { answerReserved, sendForeignOrigin } from './reserved-pages.ts';
import { askToSignIn, findKeyHolder, findVisitor, readBearer, type Admission } from './sessions.ts';
import { createTouch } from './use-notes.ts';
import { failExchange, forward } from './forward.ts';
import { isFromOwnPage } from './origin-check.ts';
import { isNavigation, mayStart } from './exchange.ts';
import { isPlain } from './request-headers.ts';
import { isReserved, readSwapCode, splitUrl } from './reserved-paths.ts';
import { readPrefix } from './hosts.ts';
import { sendError, sendNothingHere } from './answers.ts';
import {
  sendStopped,
  sendTooMany,
  showFailed,
  showStarting,
  showUnavailable,
  showUnreached,
} from './show-state.ts';
import { takeSwapCode } from './enter.ts';

/** Together two seconds, in which the server learns that a process has ended. */
const maxChecks = 9;
const lookAgainMs = 250;

export interface ServeParts {
  gate: AppGate;
  publicUrl: string | null;
  hosts: () => AppsHosts;
  connections: AppConnections;
  open: OpenConnections;
  counts: ReturnType<typeof createOpenCounts>;
  waiting: ReturnType<typeof createWaiting>;
  addressOf: (request: IncomingMessage) => string;
  limits: AppsLimits;
  log: AppsLog;
}

export async function serveExchange(
  request: IncomingMessage,
  response: ServerResponse,
  upgradeHead: Buffer | null,
  parts: ServeParts,
): Promise<void> {
  if (!isPlain(request, upgradeHead !== null))
    return sendError(response, 'invalid_request', 'The request is ambiguous.');
  const exchange = await openExchange(request, response, upgradeHead, parts);
  if (exchange === null) return sendNothingHere(response);
  await (exchange.prefix === '' ? serveOwn(exchange, parts) : serveBare(exchange, parts));
}

/** @returns null if the URL belongs to no app */
async function openExchange(
  request: IncomingMessage,
  response: ServerResponse,
  upgradeHead: Buffer | null,
  { gate, hosts, addressOf }: ServeParts,
): Promise<Exchange | null> {
  const scope = hosts().locate(request.headers.host, request.socket.localPort ?? 0);
  const url = request.url ?? '/';
  if (scope.kind === 'foreign') return null;
  // Check this before the path: only callers with a key may learn whether an app exists.
  if (scope.kind === 'bare' && !isProgram(request)) return null;
  const target = scope.kind === 'own' ? { app: scope.app, path: url } : readPrefix(url);
  const app = target && (await gate.find(target.app));
  if (!app) return null;
  const { isSecure, isHostShared, bareOrigin } = hosts();
  const origin = hosts().originOf(app) ?? bareOrigin;
  return {
    request,
    response,
    upgradeHead,
    app,
    origin,
    isSecure,
    isHostShared,
    path: target.path,
    prefix: scope.kind === 'own' ? '' : `/${app.label}`,
    forwardedHost: scope.kind === 'own' ? new URL(origin).host : scope.host,
    forwardedProtocol: scope.kind === 'own' ? (isSecure ? 'https' : 'http') : scope.protocol,
    address: addressOf(request),
  };
}

/** All apps share the bare address, so cookies do not count there. */
function isProgram(request: IncomingMessage): boolean {
  return readBearer(request) !== null && request.headers.cookie === undefined;
}

async function serveBare(exchange: Exchange, parts: ServeParts): Promise<void> {
  if (isReserved(splitUrl(exchange.path).path)) return sendNothingHere(exchange.response);
  const admission = await findKeyHolder(parts.gate, exchange);
  if (!admission)
    return sendError(exchange.response, 'not_authenticated', 'The key has no access to this app.');
  await serveAdmitted(exchange, admission, parts);
}

async function serveOwn(exchange: Exchange, parts: ServeParts): Promise<void> {
  const { gate, publicUrl } = parts;
  if (isReserved(splitUrl(exchange.path).path)) return answerReserved(gate, exchange, publicUrl);
  if (isWorkerOfSharedHost(exchange)) return sendNothingHere(exchange.response);
  if (await takeSwapCode(gate, exchange)) return;
  const admission = await findVisitor(gate, exchange);
  if (!admission) return askToSignIn(gate, exchange);
  if (!admission.isFromKey && !isFromOwnPage(exchange)) return sendForeignOrigin(exchange);
  // The app must not see a code that was not redeemed above.
  const path = readSwapCode(exchange.path)?.rest ?? exchange.path;
  await serveAdmitted({ ...exchange, path }, admission, parts);
}

/** A service worker outlives its app, and another app may get its port later. */
function isWorkerOfSharedHost({ isHostShared, request }: Exchange): boolean {
  return isHostShared && request.headers['service-worker'] !== undefined;
}

async function serveAdmitted(exchange: Exchange, admission: Admission, parts: ServeParts): Promise<void> {
  const { gate, counts, open, limits } = parts;
  const { app, response, request } = exchange;
  const { visitor } = admission;
  if (response.destroyed || request.socket.destroyed) return;
  const release = counts.take(app, visitor);
  if (!release) return sendTooMany({ ...exchange, ...admission, touch: () => undefined });
  const gone = new AbortController();
  const forget = open.add(app, visitor, () => request.socket.destroy());
  // A WebSocket is detached from its response, which then reports no end.
  const lives = exchange.upgradeHead === null ? response : request.socket;
  lives.once('close', () => {
    release();
    forget();
    gone.abort();
  });
  const touch = createTouch(() => noteUse(gate, exchange, visitor, parts.log), limits.noteMs);
  await serveByState({ ...exchange, ...admission, touch }, parts, gone.signal);
}

/** Never throws: it is called from stream handlers, where an exception would crash the server. */
function noteUse(gate: AppGate, { app }: Exchange, visitor: Visitor, log: AppsLog): void {
  try {
    gate.noteUse(app, visitor);
  } catch (error) {
    log.warn('the use of an app was not recorded', app.label, error);
  }
}

async function serveByState(exchange: AdmittedExchange, parts: ServeParts, gone: AbortSignal): Promise<void> {
  for (let looks = 0; looks < maxChecks; looks += 1) {
    if (looks > 0) await delay(lookAgainMs, undefined, { ref: false });
    const isAnswered = await serveOnce(exchange, parts, gone);
    if (isAnswered || gone.aborted) return;
  }
  failExchange(exchange, parts, new Error('It is running but accepts no connections'), showUnreached);
}

/**
 * @returns false if the app's state is ready but it was not reached: it has just ended, and the state is not
 * updated yet
 */
async function serveOnce(exchange: AdmittedExchange, parts: ServeParts, gone: AbortSignal): Promise<boolean> {
  const state = await awaitState(exchange, parts, gone);
  if (gone.aborted) return true;
  if (state?.kind === 'ready') return forward(exchange, state, parts);
  if (state?.kind === 'stopped') {
    sendStopped(exchange, state.reason);
    return true;
  }
  parts.connections.forget(exchange.app);
  if (state === null || state.kind === 'starting')
    showStarting(exchange, await findWait(exchange, parts, state));
  else if (state.kind === 'failed') showFailed(exchange, state);
  else showUnavailable(exchange, state.detail);
  return true;
}

/**
 * Why a starting app waits.
 * @param state null after a request has waited in vain
 */
async function findWait(
  { app }: AdmittedExchange,
  { gate }: ServeParts,
  state: Extract<AppState, { kind: 'starting' }> | null,
): Promise<string | null> {
  const now = state ?? (await gate.look(app));
  return now.kind === 'starting' ? now.waiting : null;
}

/**
 * Requests of pages and programs wait for a starting app, while navigation shows its state. Null: the wait
 * took too long.
 */
async function awaitState(exchange: AdmittedExchange, { gate, waiting }: ServeParts, gone: AbortSignal) {
  const { app } = exchange;
  const state = await (mayStart(exchange) ? gate.wake(app) : gate.look(app));
  if (state.kind !== 'starting' || isNavigation(exchange)) return state;
  return waiting.untilSettled(app, gone);
}
