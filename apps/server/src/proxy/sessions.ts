/** Identifies the visitor by the cookie of the app's host, or by a key. */
import type { AppGate, Visitor } from './app-gate.ts';
import type { Exchange } from './exchange.ts';
import type { IncomingMessage } from 'node:http';
import { isNavigation } from './exchange.ts';
import { readSessionSecret } from './app-cookies.ts';
import { readSwapCode } from './reserved-paths.ts';
import { redirect, sendError } from './answers.ts';

export interface Admission {
  visitor: Visitor;
  isFromKey: boolean;
}

export async function findVisitor(gate: AppGate, exchange: Exchange): Promise<Admission | null> {
  const { app, request } = exchange;
  const secret = readSessionSecret(request.headers.cookie, exchange);
  const visitor = secret === null ? null : await gate.findSession(app, secret);
  return visitor ? { visitor, isFromKey: false } : findKeyHolder(gate, exchange);
}

export async function findKeyHolder(gate: AppGate, { app, request }: Exchange): Promise<Admission | null> {
  const key = readBearer(request);
  const visitor = key === null ? null : await gate.findKey(app, key);
  return visitor && { visitor, isFromKey: true };
}

export function readBearer({ headers }: IncomingMessage): string | null {
  return /^bearer +(\S+)$/i.exec(headers.authorization?.trim() ?? '')?.[1] ?? null;
}

/** Redirects browsers to sign in; programs get an error. */
export function askToSignIn(gate: AppGate, exchange: Exchange): void {
  const { app, path, response } = exchange;
  if (isNavigation(exchange))
    return redirect(exchange, gate.signInUrl(app, readSwapCode(path)?.rest ?? path));
  sendError(
    response,
    'not_authenticated',
    'Open the app in a browser and sign in, or send a key as `Authorization: Bearer <key>`.',
  );
}
