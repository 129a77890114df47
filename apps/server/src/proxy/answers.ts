/** Responses that the proxy itself sends on apps' hosts. */
import type { ErrorCode } from '@pumphouse/contract';
import type { Exchange } from './exchange.ts';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Page } from '../pages/layout.ts';
import { errorCodes } from '@pumphouse/contract';
import { contentPolicy, pageHeaders } from '../pages/page-registry.ts';
import { errorBody } from '../http/errors.ts';
import { renderPage } from '../pages/layout.ts';
import { at } from './reserved-paths.ts';

const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
/** Path of the pages' static files on the server's own URL. */
const filesOfPages = '/sign-in';

/** Sends a response at most once, without waiting for an unread request body. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string,
): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    ...always,
    'content-length': Buffer.byteLength(body),
    ...(response.req.complete ? {} : { connection: 'close' }),
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function sendNothingHere(response: ServerResponse): void {
  answer(response, 404, { 'content-type': 'text/plain; charset=utf-8' }, 'This page does not exist.\n');
}

/** Sends an error in the API's format. */
export function sendError(
  response: ServerResponse,
  code: ErrorCode,
  detail: string,
  retryAfterSeconds?: number,
): void {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...retryAfter(retryAfterSeconds) };
  answer(response, errorCodes[code].status, headers, JSON.stringify(errorBody(code, detail)));
}

export function sendJson(response: ServerResponse, body: unknown): void {
  answer(response, 200, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(body));
}

/** @param options.nonce the nonce of the page's only script */
export function sendPage(
  { response }: Exchange,
  page: Page,
  options: { status: number; nonce?: string; retryAfterSeconds?: number; headers?: OutgoingHttpHeaders },
): void {
  const { status, nonce, retryAfterSeconds, headers } = options;
  const script = nonce === undefined ? '' : `; script-src 'nonce-${nonce}'; connect-src 'self'`;
  const text = renderPage(page, (path) => at(path.slice(filesOfPages.length))).text;
  answer(
    response,
    status,
    {
      ...pageHeaders,
      'content-security-policy': `${contentPolicy()}${script}`,
      'content-type': 'text/html; charset=utf-8',
      ...retryAfter(retryAfterSeconds),
      ...headers,
    },
    text,
  );
}

/** Omit the referrer, because the previous page's URL may contain a secret. */
export function redirect({ response }: Exchange, to: string, headers: OutgoingHttpHeaders = {}): void {
  answer(response, 303, { location: to, 'referrer-policy': 'no-referrer', ...headers }, '');
}

function retryAfter(seconds: number | undefined): OutgoingHttpHeaders {
  return seconds === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}
