import type { PageRegistry } from './page-registry.ts';
import type { PageServices } from './page-services.ts';
import type { Problem } from './problems.ts';
import type { Visit } from './visit.ts';
import { attempt, textOf } from './problems.ts';
import { html, type Html } from './html.ts';
import { renderButton, renderField, renderForm, renderNotice } from './fields.ts';

export function registerSignInPage({ get, post, services }: PageRegistry): void {
  get('/', async (visit) => {
    if (visit.session) return visit.go(visit.returnTo() ?? visit.at('/'));
    if (await services.setup.isNeeded()) return showNotSetUp(visit);
    return showSignIn(visit, services, {});
  });

  post('/', async (visit) => {
    const email = visit.sent('email');
    const password = visit.sent('password');
    const shown = ['wrong_password', 'account_disabled', 'too_many_tries', 'too_many_sign_ins'] as const;
    const done = await attempt(visit, shown, () =>
      services.passwordSignIn.signIn({ email, password, knownBrowser: visit.knownBrowserOf(email) }),
    );
    if ('problem' in done) return showSignIn(visit, services, { email, problem: done.problem });
    await visit.startSession(done.result, 'password');
    return visit.go(visit.returnTo() ?? visit.at('/'));
  });
}

/** @param shown the previous input, its error, or a message to show first */
export function showSignIn(
  visit: Visit,
  services: PageServices,
  shown: { email?: string; problem?: Problem; done?: string },
) {
  const { email, problem, done } = shown;
  const wrong = textOf(problem, 'wrong_password');
  const returnTo = visit.returnTo();
  const form = renderForm(
    visit.at('/sign-in'),
    visit.formToken,
    html`${returnTo && html`<input type="hidden" name="return_to" value="${returnTo}" />`}
    ${renderField({ name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: email ?? '', isFirst: !email })}
    ${renderField({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', problem: wrong, isFirst: Boolean(email) })}
    ${renderButton('Sign in')}`,
  );
  const page = {
    title: 'Sign in',
    hasProblem: problem !== undefined,
    body: html`${renderNotice(wrong ? null : problem?.text)}${renderNotice(done, 'done')}${renderProvider(visit, services, { returnTo })}${form}`,
  };
  return visit.show(page, problem?.status ?? 200);
}

/**
 * Renders the link to the provider, if there is one. It is a link because the form policy would block
 * redirects to some providers.
 */
export function renderProvider(
  visit: Visit,
  { openId }: PageServices,
  { returnTo, invitation }: { returnTo: string | null; invitation?: string },
): Html {
  if (!openId) return html``;
  const query = new URLSearchParams({
    ...(returnTo && { return_to: returnTo }),
    ...(invitation && { invitation }),
  }).toString();
  const address = `${visit.at('/sign-in/open-id')}${query && `?${query}`}`;
  return html`<a class="button plain" href="${address}">Continue with ${openId.name}</a>
    <p class="or">or</p> `;
}

function showNotSetUp(visit: Visit) {
  return visit.show({
    title: 'This server is not set up yet',
    body: html`<p>It has no owner. The operator finds a set-up link in the server’s output:</p>
      <p><code>Set up Pumphouse at …</code></p>
      <p class="quiet">
        The link is valid for one day. Restart the server for a new link, or create the owner on its machine:
        <code>bin/pumphouse admin create-owner</code>.
      </p>`,
  });
}
