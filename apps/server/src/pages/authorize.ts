import type { PageRegistry } from './page-registry.ts';
import { consoleRedirect } from '../domain/sign-in/sign-in-redirect.ts';
import { attempt } from './problems.ts';
import { contentPolicy } from './page-registry.ts';
import { html } from './html.ts';
import { renderAnswer, renderAsker } from './agreement.ts';
import { sessionOf } from './visit.ts';

/**
 * Handles a client on the user's machine that asks to be signed in. It requires a click, because opening the
 * page is not consent. The console of this server is trusted: the response goes to itself, and it ignores
 * responses that it has not requested (docs/decisions/0033-console-session.md).
 */
export function registerAuthorizePage({ get, post, services }: PageRegistry): void {
  const { authorizationRequests } = services;

  get(
    '/authorize',
    async (visit) => {
      const requestId = visit.asked('request');
      const shown = visit.asked('for') === 'console' ? (['sign_in_refused'] as const) : [];
      const found = await attempt(visit, shown, () => authorizationRequests.describe(requestId));
      // A tab was on the sign-in page for longer than a request lasts. The console starts a new request and
      // knows where to return.
      if ('problem' in found) return visit.go(`${consoleRedirect(visit.origin)}?error=request_expired`);
      const { client, address, redirectUri } = found.result;
      if (redirectUri === consoleRedirect(visit.origin)) {
        const { userId, secretHash } = sessionOf(visit);
        return visit.go(await authorizationRequests.approve(requestId, userId, secretHash));
      }
      visit.setHeader('content-security-policy', contentPolicy(formTargetOf(redirectUri)));
      return visit.show({
        title: `Sign in to ${client}?`,
        body: html`<p><strong>${client}</strong> on this computer wants to sign in as you.</p>
          ${renderAsker(
            visit,
            address,
            html`<dt>Redirects to</dt>
              <dd>${new URL(redirectUri).host}</dd>`,
          )}
          <p>It gets all your permissions. Continue only if you have just started this sign-in yourself.</p>
          ${renderAnswer(
            visit,
            `${visit.at('/sign-in/authorize')}?${new URLSearchParams({ request: requestId }).toString()}`,
          )}`,
      });
    },
    { who: 'person' },
  );

  post(
    '/authorize',
    async (visit) => {
      const requestId = visit.asked('request');
      const answer = visit.sent('answer');
      const redirect =
        answer === 'approve'
          ? await authorizationRequests.approve(requestId, sessionOf(visit).userId)
          : await authorizationRequests.deny(requestId);
      return visit.go(redirect);
    },
    { who: 'person' },
  );
}

/**
 * Browsers check redirects after a form submission against the allowed form targets, which cannot express an
 * IPv6 address.
 */
function formTargetOf(redirectUri: string): string {
  const { origin, hostname } = new URL(redirectUri);
  return hostname.startsWith('[') ? 'http:' : origin;
}
