import type { PageRegistry } from './page-registry.ts';
import type { PageServices } from './page-services.ts';
import type { Problem } from './problems.ts';
import { attempt, textOf } from './problems.ts';
import { html } from './html.ts';
import { passwordHint, renderButton, renderField, renderForm, renderNotice } from './fields.ts';
import { sessionOf, type Visit } from './visit.ts';

/** Messages shown after a redirect, keyed by a word in the URL; text from the URL is never shown. */
const news: Record<string, string> = {
  joined: 'You have joined.',
  password: 'Password changed. You were signed out on all other devices.',
  linked: 'Account linked. You can now also sign in this way.',
};

export function registerAccountPages({ get, post, services }: PageRegistry): void {
  get('/account', async (visit) => showAccount(visit, services, null), { who: 'person' });
  // A reload of the form's URL after an error leads to the account page.
  get('/account/password', async (visit) => visit.go(visit.at('/sign-in/account')), { who: 'person' });

  post(
    '/account/password',
    async (visit) => {
      const shown = ['wrong_password', 'password_refused', 'too_many_tries', 'too_many_sign_ins'] as const;
      const parts = { old: visit.sent('password'), new: visit.sent('new_password') };
      const done = await attempt(visit, shown, () => services.setPassword.change(sessionOf(visit), parts));
      if ('problem' in done) return showAccount(visit, services, done.problem);
      return visit.go(visit.at('/sign-in/account?news=password'));
    },
    { who: 'person' },
  );

  get('/sign-out', async (visit) => visit.go(visit.at('/sign-in/account')));
  post('/sign-out', async (visit) => {
    await visit.endSession();
    // The console in this browser stores its tokens in this origin's storage, and these pages have no script
    // to remove them.
    visit.setHeader('clear-site-data', '"storage"');
    const returnTo = visit.returnTo();
    return visit.go(visit.at(`/sign-in${returnTo ? `?return_to=${encodeURIComponent(returnTo)}` : ''}`));
  });
}

async function showAccount(visit: Visit, services: PageServices, problem: Problem | null) {
  const session = sessionOf(visit);
  const account = await services.findAccount(session.userId);
  const identities = await services.listIdentities(session.userId);
  const wrong = textOf(problem, 'wrong_password');
  const refused = textOf(problem, 'password_refused');
  const change = renderForm(
    visit.at('/sign-in/account/password'),
    visit.formToken,
    html`<input type="hidden" name="email" value="${session.email}" autocomplete="username" />
      ${renderField({ name: 'password', label: 'Current password', type: 'password', autocomplete: 'current-password', problem: wrong, isFirst: wrong !== null })}
      ${renderField({ name: 'new_password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: passwordHint, problem: refused, isFirst: refused !== null })}
      ${renderButton('Change password')}`,
  );
  const body = html`${renderNotice(wrong || refused ? null : problem?.text)}${renderNotice(news[visit.asked('news')], 'done')}
    <dl class="details">
      <dt>Signed in as</dt>
      <dd><strong>${session.email}</strong></dd>
      ${identities.map(
        ({ issuer }) =>
          html`<dt>Linked with</dt>
            <dd>${issuer}</dd>`,
      )}
    </dl>
    <a class="button" href="${visit.at('/')}">Open the console</a>
    ${renderForm(visit.at('/sign-in/sign-out'), visit.formToken, renderButton('Sign out', { value: 'sign-out', kind: 'plain' }))}
    <h2>Password</h2>
    ${
      account?.passwordHash
        ? html`${change}
            <p class="quiet">Signs you out on all other devices. API keys keep working.</p>`
        : html`<p class="quiet">This account has no password. An operator can create a link to set one.</p>`
    }`;
  return visit.show(
    { title: 'Your account', body, hasProblem: problem !== null, email: null },
    problem?.status,
  );
}
