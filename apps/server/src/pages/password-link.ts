import type { PageRegistry } from './page-registry.ts';
import type { Problem } from './problems.ts';
import type { Visit } from './visit.ts';
import { attempt, textOf } from './problems.ts';
import { html } from './html.ts';
import { passwordHint, renderButton, renderField, renderForm, renderNotice } from './fields.ts';

/** The page of a password link, which an operator creates for a user who cannot sign in. */
export function registerPasswordLinkPage({ get, post, services }: PageRegistry): void {
  const { setPassword } = services;

  get('/reset-password', async (visit) => {
    const { email } = await setPassword.describeLink(visit.asked('token'));
    return showNewPassword(visit, email, null);
  });

  post('/reset-password', async (visit) => {
    const token = visit.asked('token');
    const { email } = await setPassword.describeLink(token);
    const shown = ['password_refused', 'too_many_sign_ins'] as const;
    const done = await attempt(visit, shown, () => setPassword.useLink(token, visit.sent('password')));
    if ('problem' in done) return showNewPassword(visit, email, done.problem);
    await visit.startSession(done.result, 'link');
    return visit.go(visit.at('/sign-in/account?news=password'));
  });
}

function showNewPassword(visit: Visit, email: string, problem: Problem | null) {
  const refused = textOf(problem, 'password_refused');
  const page = {
    title: 'Set a new password',
    hasProblem: problem !== null,
    body: html`${renderNotice(refused ? null : problem?.text)}${renderForm(
        `${visit.at('/sign-in/reset-password')}?${new URLSearchParams({ token: visit.asked('token') }).toString()}`,
        visit.formToken,
        html`${renderField({ name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: email, isReadOnly: true })}
        ${renderField({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: passwordHint, problem: refused, isFirst: true })}
        ${renderButton('Set password')}`,
      )}
      <p class="quiet">This signs you out on all other devices.</p>`,
  };
  return visit.show(page, problem?.status ?? 200);
}
