import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PagesDependencies } from './page-registry.ts';
import { html } from './html.ts';
import { basePathOf } from '../http/base-url.ts';
import { logFailure } from '../http/send-error.ts';
import { renderPage } from './layout.ts';
import { readRetryAfter, toErrorAnswer } from '../http/errors.ts';

/** Shows an error as a page, with a way back. Status and message are those of the API. */
export function sendErrorPage(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { log, publicUrl }: PagesDependencies,
): FastifyReply {
  const { status, body, isUnexpected } = toErrorAnswer(error, request.id);
  if (isUnexpected) logFailure(error, request, log, 'a page failed');
  const below = basePathOf(publicUrl);
  const at = (path: string) => `${below}${path}`;
  addRetryAfter(reply, body.extra);
  // After a form submission, this is the page with the form.
  const again = request.method === 'GET' ? at('/sign-in') : at(request.url);
  const page = {
    title: titleOf(status),
    body: html`<p role="alert">${body.detail}</p>
      <p>
        <a class="button" href="${again}"
          >${request.method === 'GET' ? 'Go to sign-in' : 'Open the page again'}</a
        >
      </p>`,
  };
  return reply.code(status).type('text/html; charset=utf-8').send(renderPage(page, at).text);
}

/** Adds how long to wait, if the service knows. */
export function addRetryAfter(reply: { header(name: string, value: string): unknown }, extra: unknown): void {
  const { retryAfterSeconds } = readRetryAfter(extra);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
}

function titleOf(status: number): string {
  if (status === 404) return 'Page not found';
  if (status === 429) return 'Too many requests';
  return status >= 500 ? 'Server error' : 'The request failed';
}
