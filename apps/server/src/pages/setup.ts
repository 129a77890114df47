import type { PageRegistry } from './page-registry.ts';
import type { Problem } from './problems.ts';
import type { Visit } from './visit.ts';
import { attempt, textOf } from './problems.ts';
import { html } from './html.ts';
import { passwordHint, renderButton, renderField, renderForm, renderNotice } from './fields.ts';

/** The page of the set-up link, which a server without an owner prints. */
export function registerSetupPage({ get, post, services }: PageRegistry): void {
  const { setup } = services;

  get('/setup', async (visit) => {
    await setup.requireGoodLink(visit.asked('token'));
    return showSetup(visit, { email: '', organization: '' }, null);
  });

  post('/setup', async (visit) => {
    const owner = {
      email: visit.sent('email'),
      organization: visit.sent('organization').trim() || 'Default',
      password: visit.sent('password'),
    };
    const shown = ['invalid_request', 'password_refused', 'account_exists', 'too_many_sign_ins'] as const;
    const done = await attempt(visit, shown, () => setup.complete(visit.asked('token'), owner));
    if ('problem' in done) return showSetup(visit, owner, done.problem);
    await visit.startSession(done.result, 'password');
    // The console shows the first steps while there is no workspace.
    return visit.go(visit.at('/'));
  });
}

function showSetup(visit: Visit, typed: { email: string; organization: string }, problem: Problem | null) {
  const wrongEmail = textOf(problem, 'invalid_request', 'account_exists');
  const refused = textOf(problem, 'password_refused');
  const page = {
    title: 'Set up Pumphouse',
    hasProblem: problem !== null,
    body: html`${renderNotice(textOf(problem, 'too_many_sign_ins'))}
      <p>Create the account of the server’s owner.</p>
      ${renderForm(
        `${visit.at('/sign-in/setup')}?${new URLSearchParams({ token: visit.asked('token') }).toString()}`,
        visit.formToken,
        html`${renderField({ name: 'organization', label: 'Organization', autocomplete: 'organization', value: typed.organization, hint: 'The name of your team or company. You can change it later.', isFirst: problem === null })}
        ${renderField({ name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: typed.email, problem: wrongEmail, isFirst: wrongEmail !== null })}
        ${renderField({ name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', hint: passwordHint, problem: refused, isFirst: refused !== null })}
        ${renderButton('Create account')}`,
      )}`,
  };
  return visit.show(page, problem?.status ?? 200);
}
