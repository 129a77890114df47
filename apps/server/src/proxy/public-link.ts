/** The page of a public link: admits the visitor at once, or asks for the link's password. */
import type { AppGate } from './app-gate.ts';
import type { Exchange } from './exchange.ts';
import { html } from '../pages/html.ts';
import { renderButton, renderField, renderNotice } from '../pages/fields.ts';
import { enterWith } from './enter.ts';
import { localPath } from './reserved-paths.ts';
import { readForm } from './read-form.ts';
import { sendError, sendPage } from './answers.ts';

export async function showPublicLink(gate: AppGate, exchange: Exchange, secret: string): Promise<void> {
  const { app, address, request, response } = exchange;
  const form = request.method === 'POST' ? await readForm(request) : null;
  if (request.method === 'POST' && form === null)
    return sendError(response, 'invalid_request', 'Send the form of the page.');
  const answer = await gate.openLink(app, secret, form?.get('password') ?? null, address);
  if (answer.kind === 'session')
    return enterWith(exchange, answer.session, localPath(app.startPath, exchange.origin));
  if (answer.kind === 'none') return showNoLink(exchange);
  showPassword(exchange, answer);
}

function showPassword(
  exchange: Exchange,
  { wasWrong, retryAfterSeconds }: { wasWrong: boolean; retryAfterSeconds: number | null },
): void {
  const { app } = exchange;
  const wait =
    retryAfterSeconds === null
      ? null
      : `Too many failed attempts. Try again in ${describeSeconds(retryAfterSeconds)}.`;
  const problem = wasWrong ? 'The password is wrong.' : null;
  const page = {
    title: `Open ${app.name}`,
    hasProblem: wait !== null || wasWrong,
    body: html`${renderNotice(wait)}
      <form method="post" action="">
        ${renderField({
          name: 'password',
          label: 'Password of the link',
          type: 'password',
          autocomplete: 'off',
          hint: 'Ask the person who sent you the link.',
          problem: wait === null ? problem : null,
          isFirst: true,
        })}
        ${renderButton('Open')}
      </form>`,
  };
  const status = wait !== null ? 429 : wasWrong ? 400 : 200;
  sendPage(exchange, page, { status, ...(retryAfterSeconds !== null && { retryAfterSeconds }) });
}

function showNoLink(exchange: Exchange): void {
  const page = {
    title: 'This link is not valid',
    hasProblem: true,
    body: html`<p role="alert">The link was revoked, has expired, or is incomplete.</p>
      <p>Ask the sender for a new link.</p>`,
  };
  sendPage(exchange, page, { status: 404 });
}

function describeSeconds(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
