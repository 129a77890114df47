/** Serves the paths below `/-pumphouse/` on each app's host, which never reach the app. */
import type { AppGate } from './app-gate.ts';
import type { Exchange } from './exchange.ts';
import { readFileSync } from 'node:fs';
import { answer, sendError, sendJson, sendNothingHere, sendPage } from './answers.ts';
import { enter } from './enter.ts';
import { findVisitor } from './sessions.ts';
import { html } from '../pages/html.ts';
import { locateFile } from '../platform/program-files.ts';
import { isFromOwnOrigin } from './origin-check.ts';
import { showPublicLink } from './public-link.ts';
import { at, splitUrl } from './reserved-paths.ts';
import { writeSessionCookie } from './app-cookies.ts';

interface Route {
  methods: readonly string[];
  handle(): void | Promise<void>;
}

const files = new Map(
  [['style.css', 'text/css; charset=utf-8'] as const, ['icon.svg', 'image/svg+xml'] as const].map(
    ([name, type]) => [
      at(`/${name}`),
      { type, text: readFileSync(locateFile(`apps/server/src/pages/${name}`), 'utf8') },
    ],
  ),
);

/** Public links as the server creates them; any other form is not found. */
const linkForm = /^\/-pumphouse\/open\/([\w-]{1,200})$/;

export async function answerReserved(
  gate: AppGate,
  exchange: Exchange,
  publicUrl: string | null,
): Promise<void> {
  const { request, response, path: url } = exchange;
  const { path } = splitUrl(url);
  const route = findRoute(gate, exchange, path, publicUrl);
  if (!route || exchange.upgradeHead !== null) return sendNothingHere(response);
  if (!route.methods.includes(request.method ?? '')) {
    const allow = route.methods.join(', ');
    return answer(response, 405, { allow, 'content-type': 'text/plain' }, `Use ${allow}.\n`);
  }
  if (request.method === 'POST' && !isFromOwnOrigin(exchange)) return sendForeignOrigin(exchange);
  await route.handle();
}

export function sendForeignOrigin({ response }: Exchange): void {
  sendError(response, 'foreign_origin', 'The request came from a page of another site.');
}

function findRoute(gate: AppGate, exchange: Exchange, path: string, publicUrl: string | null): Route | null {
  const { response } = exchange;
  const file = files.get(path);
  if (file) {
    const headers = { 'content-type': file.type, 'cache-control': 'public, max-age=3600' };
    return { methods: ['GET', 'HEAD'], handle: () => answer(response, 200, headers, file.text) };
  }
  const [, secret] = linkForm.exec(path) ?? [];
  if (secret !== undefined)
    return { methods: ['GET', 'POST'], handle: () => showPublicLink(gate, exchange, secret) };
  if (path === at('/enter')) return { methods: ['GET'], handle: () => enter(gate, exchange) };
  if (path === at('/state')) return { methods: ['GET'], handle: () => sendState(gate, exchange) };
  if (path === at('/leave')) return { methods: ['POST'], handle: () => leave(gate, exchange, publicUrl) };
  return null;
}

/** The app's state and wait reason, for the waiting page. It does not reveal why the app failed. */
async function sendState(gate: AppGate, exchange: Exchange): Promise<void> {
  const { app, response } = exchange;
  const admission = await findVisitor(gate, exchange);
  if (!admission) return sendError(response, 'not_authenticated', 'You have no session of this app.');
  const state = await gate.look(app);
  const waiting = state.kind === 'starting' ? state.waiting : null;
  sendJson(response, { state: state.kind, ...(waiting !== null && { waiting }) });
}

async function leave(gate: AppGate, exchange: Exchange, publicUrl: string | null): Promise<void> {
  const { app } = exchange;
  const admission = await findVisitor(gate, exchange);
  if (admission) await gate.endSession(app, admission.visitor);
  const page = {
    title: `Signed out of ${app.name}`,
    body: html`<p role="status">This browser no longer has access to the app.</p>
      ${publicUrl !== null && html`<p><a class="button plain" href="${publicUrl}">Open Pumphouse</a></p>`}`,
  };
  const headers = { 'set-cookie': writeSessionCookie(exchange, '', 0) };
  sendPage(exchange, page, { status: 200, headers });
}
