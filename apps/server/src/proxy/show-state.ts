/** Responses for an app that is not running: pages for browsers, errors for programs. */
import type { AdmittedExchange } from './exchange.ts';
import type { AppState, Visitor } from './app-gate.ts';
import type { Html } from '../pages/html.ts';
import { randomBytes } from 'node:crypto';
import { html } from '../pages/html.ts';
import { isNavigation } from './exchange.ts';
import { sendError, sendPage } from './answers.ts';

type Failed = Extract<AppState, { kind: 'failed' }>;

const retrySeconds = 2;

/**
 * A page that turns into the app once it runs: with a script, or without scripts by reloading.
 * @param waiting why the app waits; null while it is starting
 */
export function showStarting(exchange: AdmittedExchange, waiting: string | null): void {
  const { app, response } = exchange;
  const detail = `${app.name} is starting.${waiting === null ? '' : ` ${waiting}`}`;
  if (!isNavigation(exchange)) return sendError(response, 'app_not_ready', detail, retrySeconds);
  const nonce = randomBytes(18).toString('base64');
  const page = {
    title: `Starting ${app.name} …`,
    head: html`<noscript><meta http-equiv="refresh" content="${retrySeconds}" /></noscript>`,
    body: html`${waiting !== null && html`<p role="status">${waiting}</p>`}
      <p role="status" data-waiting="${waiting ?? ''}">This page opens ${app.name} as soon as it responds.</p>
      ${followState(nonce)}`,
  };
  sendPage(exchange, page, { status: 503, nonce, retryAfterSeconds: retrySeconds });
}

/** Reloads the page when the app has finished starting, or when its wait reason changes. */
function followState(nonce: string): Html {
  return html`<script nonce="${nonce}">
    const shown = document.querySelector('[data-waiting]').dataset.waiting;
    const same = { state: 'starting', waiting: shown };
    const look = async () => {
      const answer = await fetch('/-pumphouse/state', { cache: 'no-store' }).catch(() => null);
      const { state, waiting } = answer === null ? same : answer.ok ? await answer.json() : {};
      if (state === 'starting' && (waiting ?? '') === shown) setTimeout(look, 250);
      else location.reload();
    };
    setTimeout(look, 250);
  </script>`;
}

/** Only members see the end of the log; other visitors see that it failed and when it is retried. */
export function showFailed(exchange: AdmittedExchange, state: Failed): void {
  const { app, response, visitor } = exchange;
  const seconds = Math.max(1, (state.retryAt.getTime() - Date.now()) / 1000);
  if (!isNavigation(exchange))
    return sendError(response, 'app_not_ready', `${app.name} ended: ${state.detail}`, seconds);
  const page = {
    title: `${app.name} is not running`,
    hasProblem: true,
    body: html`<p role="alert">${state.detail}</p>
      <p>You can start it again ${describeTime(state.retryAt)}.</p>
      ${renderLog(visitor, state.lastLines)}${renderAgain()}`,
  };
  sendPage(exchange, page, { status: 503, retryAfterSeconds: seconds });
}

function renderLog(visitor: Visitor, lines: readonly string[]): Html | null {
  if (visitor.kind !== 'member' || lines.length === 0) return null;
  return html`<h2>Last log lines</h2>
    <pre class="log" tabindex="0">${lines.join('\n')}</pre>`;
}

function describeTime(time: Date): string {
  return time.getTime() <= Date.now() ? 'now' : `at ${time.toISOString().slice(11, 19)} UTC`;
}

export function showUnavailable(exchange: AdmittedExchange, detail: string): void {
  const { app, response } = exchange;
  if (!isNavigation(exchange)) return sendError(response, 'app_not_ready', detail);
  const page = {
    title: `${app.name} cannot be started`,
    hasProblem: true,
    body: html`<p role="alert">${detail}</p>
      ${renderAgain()}`,
  };
  sendPage(exchange, page, { status: 503 });
}

/** For requests by a page that was left open. */
export function sendStopped({ response, app }: AdmittedExchange, reason: string | null): void {
  const why = reason === null ? '' : ` ${reason}`;
  sendError(response, 'app_not_ready', `${app.name} is stopped.${why} Open its page to start it.`);
}

export function showNotAnswering(exchange: AdmittedExchange): void {
  sendNotAnswering(exchange, { body: renderAgain() });
}

/**
 * The app could not be connected to. The page tries again on its own: the app may be reached soon, for example
 * when its worker has connected to another server.
 */
export function showUnreached(exchange: AdmittedExchange): void {
  sendNotAnswering(exchange, {
    head: html`<meta http-equiv="refresh" content="${retrySeconds}" />`,
    body: html`<p>This page tries again every few seconds.</p>
      ${renderAgain()}`,
  });
}

function sendNotAnswering(exchange: AdmittedExchange, { head, body }: { head?: Html; body: Html }): void {
  const { app, response } = exchange;
  const detail = `${app.name} is running but did not respond to this request.`;
  if (!isNavigation(exchange)) return sendError(response, 'app_not_answering', detail, retrySeconds);
  const page = {
    title: `${app.name} does not respond`,
    hasProblem: true,
    ...(head && { head }),
    body: html`<p role="alert">${detail}</p>
      ${body}`,
  };
  sendPage(exchange, page, { status: 502, retryAfterSeconds: retrySeconds });
}

export function sendTooMany({ response, app }: AdmittedExchange): void {
  const detail = `${app.name} has reached its limit of open connections.`;
  sendError(response, 'too_many_connections', detail, retrySeconds);
}

/** An empty URL is the page's own. */
function renderAgain(): Html {
  return html`<p><a class="button" href="">Try again</a></p>`;
}
