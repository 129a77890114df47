/** How a browser gets a session of an app: with a one-time code. */
import type { AppGate, AppSession } from './app-gate.ts';
import type { Exchange } from './exchange.ts';
import { findVisitor } from './sessions.ts';
import { html } from '../pages/html.ts';
import { localPath, readSwapCode, splitUrl } from './reserved-paths.ts';
import { redirect, sendPage } from './answers.ts';
import { writeSessionCookie } from './app-cookies.ts';

/** Handles `/-pumphouse/enter?code=...&to=/path`, to which the sign-in pages and the console redirect. */
export async function enter(gate: AppGate, exchange: Exchange): Promise<void> {
  const asked = new URLSearchParams(splitUrl(exchange.path).query);
  const to = localPath(asked.get('to'), exchange.origin);
  const session = await gate.takeCode(exchange.app, asked.get('code') ?? '');
  if (session) return enterWith(exchange, session, to);
  // A reloaded page has a used code, which is not an error for a browser with a session.
  if ((await findVisitor(gate, exchange)) !== null) return redirect(exchange, to);
  showUsedCode(gate, exchange, to);
}

/**
 * Handles `?swap=`, which the dlthub client adds when it opens an app. The code never stays in the URL. An
 * invalid code is ignored: a browser with a session keeps it, and one without is sent to sign in when it
 * returns.
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

/** Do not redirect to sign-in automatically: if something uses up the codes, that would loop forever. */
function showUsedCode(gate: AppGate, exchange: Exchange, to: string): void {
  const { app } = exchange;
  const page = {
    title: `${app.name} was not opened`,
    hasProblem: true,
    body: html`<p role="alert">This link was already used or has expired.</p>
      <p><a class="button" href="${gate.signInUrl(app, to)}">Sign in</a></p>`,
  };
  sendPage(exchange, page, { status: 400 });
}
