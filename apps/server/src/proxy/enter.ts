/** How a browser gets a session of an app: with a code that is good once. */
import type { AppGate, AppSession } from './app-gate.ts';
import type { Exchange } from './exchange.ts';
import { findVisitor } from './sessions.ts';
import { html } from '../pages/html.ts';
import { localPath, readSwapCode, splitUrl } from './reserved-paths.ts';
import { redirect, sendPage } from './answers.ts';
import { writeSessionCookie } from './app-cookies.ts';

/** `/-pumphouse/enter?code=...&to=/path`: where the sign-in pages and the console send people. */
export async function enter(gate: AppGate, exchange: Exchange): Promise<void> {
  const asked = new URLSearchParams(splitUrl(exchange.path).query);
  const to = localPath(asked.get('to'), exchange.origin);
  const session = await gate.takeCode(exchange.app, asked.get('code') ?? '');
  if (session) return enterWith(exchange, session, to);
  // A page that was loaded again has a code that was used, and nothing is wrong.
  if ((await findVisitor(gate, exchange)) !== null) return redirect(exchange, to);
  showUsedCode(gate, exchange, to);
}

/**
 * `?swap=`, which the dlthub client adds when it opens an app. It never stays in the address. One that is not good is passed over: who has
 * a session stays, who has none is sent to sign in when the browser comes back without it.
 */
export async function takeSwapCode(gate: AppGate, exchange: Exchange): Promise<boolean> {
  const { method } = exchange.request;
  const swap = method === 'GET' && exchange.upgradeHead === null ? readSwapCode(exchange.path) : null;
  if (swap === null) return false;
  const to = localPath(swap.rest, exchange.origin);
  const session = await gate.takeCode(exchange.app, swap.code);
  if (session) enterWith(exchange, session, to);
  else redirect(exchange, to);
  return true;
}

export function enterWith(exchange: Exchange, session: AppSession, to: string): void {
  const cookie = writeSessionCookie(exchange, session.secret, Math.floor(session.seconds));
  redirect(exchange, to, { 'set-cookie': cookie });
}

/** Not sent to sign in by itself: where something takes the codes away, that would go round for ever. */
function showUsedCode(gate: AppGate, exchange: Exchange, to: string): void {
  const { app } = exchange;
  const page = {
    title: `${app.name} was not opened`,
    hasProblem: true,
    body: html`<p role="alert">The address that led here was used before, or is too old.</p>
      <p><a class="button" href="${gate.signInUrl(app, to)}">Sign in</a></p>`,
  };
  sendPage(exchange, page, { status: 400 });
}
