import type { InvitationsOfPages, PageServices } from './page-services.ts';
import type { Invited } from '../services/sign-in/sign-up.ts';
import type { PageRegistry } from './page-registry.ts';
import type { Problem } from './problems.ts';
import type { Visit } from './visit.ts';
import { attempt, textOf } from './problems.ts';
import { html, type Html } from './html.ts';
import { passwordHint, renderButton, renderField, renderForm, renderNotice } from './fields.ts';
import { renderOtherPerson } from './other-person.ts';
import { renderProvider } from './sign-in.ts';

type Invitation = Awaited<ReturnType<InvitationsOfPages['describe']>>;

/** The page of an invitation's link, for users with an account and for new users. */
export function registerInvitationPage({ get, post, services }: PageRegistry): void {
  const { invitations, signUp } = services;

  get('/invitation', async (visit) => {
    const invitation = await invitations.describe(visit.asked('token'));
    return showInvitation(visit, services, invitation, null);
  });

  post('/invitation', async (visit) => {
    const token = visit.asked('token');
    const invitation = await invitations.describe(token);
    const { session } = visit;
    if (session) {
      await invitations.accept(null, token, session.userId);
      return visit.go(afterJoining(visit));
    }
    const shown = ['password_refused', 'account_exists', 'too_many_sign_ins'] as const;
    const invited = inviteWith(invitations, token, invitation);
    const done = await attempt(visit, shown, () => signUp.withPassword(invited, visit.sent('password')));
    if ('problem' in done) return showInvitation(visit, services, invitation, done.problem);
    await visit.startSession(done.result, 'password');
    return visit.go(afterJoining(visit));
  });
}

/** An invitation in the form needed to create an account. */
export function inviteWith(invitations: InvitationsOfPages, token: string, { email }: Invitation): Invited {
  return { email, accept: (store, account) => invitations.accept(store, token, account.id) };
}

function showInvitation(
  visit: Visit,
  services: PageServices,
  invitation: Invitation,
  problem: Problem | null,
) {
  const { organizationName, inviterEmail, role, workspaces } = invitation;
  const page = {
    title: `Join ${organizationName}`,
    hasProblem: problem !== null,
    body: html`<p>
        ${inviterEmail} invited <strong>${invitation.email}</strong> to <strong>${organizationName}</strong>.
      </p>
      <dl class="details">
        <dt>Role</dt>
        <dd>${role}</dd>
        ${workspaces.map(
          (workspace) =>
            html`<dt>Workspace</dt>
              <dd>${workspace.name} (${workspace.role})</dd>`,
        )}
      </dl>
      ${visit.session ? renderAccept(visit, invitation) : renderWaysIn(visit, services, invitation, problem)}`,
  };
  return visit.show(page, problem?.status ?? 200);
}

/** The page named in the link, or the account page. */
const afterJoining = (visit: Visit) => visit.returnTo() ?? visit.at('/sign-in/account?news=joined');

function addressOf(visit: Visit): string {
  const returnTo = visit.returnTo();
  const query = new URLSearchParams({
    token: visit.asked('token'),
    ...(returnTo !== null && { return_to: returnTo }),
  });
  return `${visit.at('/sign-in/invitation')}?${query.toString()}`;
}

function renderAccept(visit: Visit, { email }: Invitation): Html {
  const signedIn = visit.session?.email ?? '';
  if (signedIn.toLowerCase() !== email.toLowerCase()) {
    return html`${renderNotice(`You are signed in as ${signedIn}, but the invitation is for ${email}.`)}${renderOtherPerson(visit)}`;
  }
  return html`${renderForm(addressOf(visit), visit.formToken, renderButton('Accept invitation'))}${renderOtherPerson(visit)}`;
}

function renderWaysIn(
  visit: Visit,
  services: PageServices,
  { email, hasAccount }: Invitation,
  problem: Problem | null,
): Html {
  const here = addressOf(visit);
  const signIn = `${visit.at('/sign-in')}?${new URLSearchParams({ return_to: here }).toString()}`;
  const provider = renderProvider(visit, services, {
    // For a new account, the provider's callback accepts the invitation, and this page shows an error
    // afterwards.
    returnTo: hasAccount ? here : visit.returnTo(),
    invitation: visit.asked('token'),
  });
  if (hasAccount) {
    return html`${provider}
      <p><a class="button" href="${signIn}">Sign in to accept</a></p>
      <p class="quiet">An account with this email already exists.</p>`;
  }
  const refused = textOf(problem, 'password_refused');
  return html`${renderNotice(refused ? null : problem?.text)}${provider}
  ${renderForm(
    here,
    visit.formToken,
    html`${renderField({ name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: email, isReadOnly: true })}
    ${renderField({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: passwordHint, problem: refused, isFirst: true })}
    ${renderButton('Create account and join')}`,
  )}`;
}
